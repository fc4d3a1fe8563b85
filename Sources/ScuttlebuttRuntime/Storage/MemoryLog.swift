// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// The contents of a log in memory; while it is closed, every call throws.
package struct MemoryLog: Sendable {
    private var identity: Source?
    /// Everything stored, in storage order.
    package private(set) var updates: [Update] = []
    private var stamps = StampSet()
    /// Whether each source's updates were stored in ascending order, which is the usual case.
    private var isAscending = true
    /// The remembered refusals, oldest first.
    private var remembered: [Fingerprint] = []
    private var knownRefusals: Set<Fingerprint> = []
    package var isClosed = false
    /// The places in `updates` in agreed order; those stored most recently may be missing.
    var order: [Int] = []
    /// The checkpoints with their states, the oldest first.
    var stored: [(checkpoint: StoredCheckpoint, state: [UInt8])] = []

    package init() {}

    /// Checks that the log is not closed.
    package func requireOpen() throws {
        if isClosed { throw StorageError(.closed, "the log in memory was closed") }
    }

    /// Returns the log's source, or sets it to `proposed` if it has none.
    package mutating func source(proposing proposed: Source) throws -> Source {
        try requireOpen()
        if let identity { return identity }
        identity = proposed
        return proposed
    }

    /// Passes all updates to `body` in batches of 1,000, in the order they were stored, or in
    /// agreed order if a source's updates were not stored in ascending order.
    package func load(_ body: ([Update]) throws -> Void) throws {
        try requireOpen()
        let updates = isAscending ? updates : updates.sorted { $0.stamp < $1.stamp }
        for start in stride(from: 0, to: updates.count, by: 1_000) {
            try body(Array(updates[start..<min(start + 1_000, updates.count)]))
        }
    }

    /// Stores the updates whose stamps are not stored yet, even if the log was closed meanwhile.
    package mutating func append(_ updates: [Update]) {
        for update in updates {
            switch stamps.add(update.stamp) {
            case .known: continue
            // After a store was lost, own updates can come back from peers behind newer ones.
            case .late: isAscending = false
            case .newest: break
            }
            stored.removeAll { $0.checkpoint.covers(update.stamp) }
            self.updates.append(update)
        }
    }

    /// Returns the remembered refusals, oldest first.
    package func refusals() throws -> [Fingerprint] {
        try requireOpen()
        return remembered
    }

    /// Remembers refusals, and forgets the oldest beyond `limit`.
    package mutating func remember(_ refusals: [Fingerprint], limit: Int) throws {
        try requireOpen()
        for refusal in refusals where knownRefusals.insert(refusal).inserted {
            remembered.append(refusal)
        }
        let surplus = remembered.count - limit
        guard surplus > 0 else { return }
        for refusal in remembered.prefix(surplus) { knownRefusals.remove(refusal) }
        remembered.removeFirst(surplus)
    }
}
