// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension History {
    /// Rewinds to the newest snapshot before the place of a stamp, and takes out what follows it.
    ///
    /// Whoever must not be held up by a long replay hands that back to ``merge(_:)`` in parts,
    /// ascending, and with the late action among them. The state is meanwhile that of the entries
    /// which are still here.
    ///
    /// - Parameter stamp: The stamp; `nil` takes out everything.
    /// - Returns: What was taken out, in order, local-only actions included; nothing if the stamp
    ///   would be the newest.
    /// - Complexity: O(entries taken out), which for `d` entries after the stamp are fewer than
    ///   `2d + spacing`; the reducer is not called.
    @inlinable
    package mutating func rewind(before stamp: Stamp?) -> [HistoryEntry<Action>] {
        if let stamp, storage.endsBefore(stamp) { return [] }
        let place = stamp.map { storage.lowerBound(of: $0) } ?? storage.start
        let snapshot = ladder.rewind(to: place)
        folded = snapshot.state
        var removed: [HistoryEntry<Action>] = []
        removed.reserveCapacity(storage.count - snapshot.index)
        for index in snapshot.index..<storage.count {
            let entry = storage.entry(at: index)
            if entry.isLocal {
                localTotal -= 1
            } else if entry.known == nil {
                unknownTotal -= 1
            }
            removed.append(entry)
        }
        _ = storage.detach(from: snapshot.index)
        ladder.thin(head: storage.count)
        return removed
    }
}
