// SPDX-License-Identifier: MIT

/// The updates of one source that are being verified, in the order in which they arrived.
struct VerificationQueue: Sendable {
    struct Entry: Sendable {
        let id: VerificationID
        let update: Update
        let fingerprint: Fingerprint?
        /// The peers that sent it.
        var origins: [PeerID]
        var verdict: Verdict?
    }

    var entries = OrderedQueue<Entry>()
    /// The number of the last entry with this timestamp, to find repetitions.
    private var numbers: [Timestamp: Int] = [:]

    /// The number of the same update, if it is here already.
    func number(of update: Update) -> Int? {
        guard let number = numbers[update.timestamp], entries[number]?.update == update else {
            return nil
        }
        return number
    }

    mutating func append(_ entry: Entry) -> Int {
        let number = entries.append(entry)
        numbers[entry.update.timestamp] = number
        return number
    }

    mutating func removeFirst() -> Entry? {
        let number = entries.start
        guard let entry = entries.removeFirst() else { return nil }
        if numbers[entry.update.timestamp] == number {
            numbers[entry.update.timestamp] = nil
        }
        return entry
    }

    /// The smallest timestamp that is here.
    ///
    /// - Complexity: O(n); needed for our own source only.
    var earliest: Timestamp? { numbers.keys.min() }
}
