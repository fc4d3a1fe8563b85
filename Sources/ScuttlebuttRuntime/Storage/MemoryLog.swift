// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// The contents of a log in memory.
package struct MemoryLog: Sendable {
    private var identity: Source?
    /// Everything stored, in storage order.
    package private(set) var updates: [Update] = []
    private var stamps = StampSet()
    /// Whether each source's updates were stored in ascending order, which is the usual case.
    private var isAscending = true
    /// The remembered refusals, oldest first.
    package private(set) var refusals: [Fingerprint] = []
    private var knownRefusals: Set<Fingerprint> = []

    package init() {}

    /// Returns the log's source, or sets it to `proposed` if it has none.
    package mutating func source(proposing proposed: Source) -> Source {
        if let identity { return identity }
        identity = proposed
        return proposed
    }

    /// Passes all updates to `body` in batches of 1,000, in the order they were stored, or in
    /// agreed order if a source's updates were not stored in ascending order.
    package func load(_ body: ([Update]) throws -> Void) rethrows {
        let updates = isAscending ? updates : updates.sorted { $0.stamp < $1.stamp }
        for start in stride(from: 0, to: updates.count, by: 1_000) {
            try body(Array(updates[start..<min(start + 1_000, updates.count)]))
        }
    }

    /// Stores the updates whose stamps are not stored yet.
    package mutating func append(_ updates: [Update]) {
        for update in updates {
            switch stamps.add(update.stamp) {
            case .known: continue
            // After a store was lost, own updates can come back from peers behind newer ones.
            case .late: isAscending = false
            case .newest: break
            }
            self.updates.append(update)
        }
    }

    /// Remembers refusals, and forgets the oldest beyond `limit`.
    package mutating func remember(_ refusals: [Fingerprint], limit: Int) {
        for refusal in refusals where knownRefusals.insert(refusal).inserted {
            self.refusals.append(refusal)
        }
        let surplus = self.refusals.count - limit
        guard surplus > 0 else { return }
        for refusal in self.refusals.prefix(surplus) { knownRefusals.remove(refusal) }
        self.refusals.removeFirst(surplus)
    }
}
