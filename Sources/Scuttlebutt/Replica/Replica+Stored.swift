// SPDX-License-Identifier: MIT

extension Replica {
    /// Accepts what another process has put into the storage that both share.
    ///
    /// It is durable and was judged there. Nearly always each source's updates ascend; what both
    /// processes have got from peers is passed over in silence.
    mutating func accept(
        stored updates: [Update], late: [Update], into effects: inout [Effect]
    ) {
        var fresh: [Arrival] = []
        fresh.reserveCapacity(updates.count)
        for update in updates where !gossip.covers(update.stamp) {
            // An own one that we have written is on its way to the storage itself.
            if update.source == source, let ours = value.update(at: update.stamp) {
                if ours.payload != update.payload {
                    effects.append(.report(.equivocation(update.stamp)))
                }
                continue
            }
            fresh.append(Arrival(update: update, fingerprint: nil, peer: nil))
        }
        accept(fresh, saves: false, into: &effects)
        insert(stored: late, into: &effects)
    }

    /// Inserts updates below newer ones of their source, for instance those that came home to
    /// another process after a store was lost.
    ///
    /// Peers that have newer ones of that source are not sent them: their clocks cover them.
    private mutating func insert(stored late: [Update], into effects: inout [Effect]) {
        var rest = late
        while let source = rest.first?.source {
            let ascending = rest.filter { $0.source == source }
                .sorted { $0.timestamp < $1.timestamp }
            rest.removeAll { $0.source == source }
            let results = value.insert(older: ascending, initial: initial, wallClock: wallClock)
            var came: [Update] = []
            for (update, result) in zip(ascending, results) where result == .applied {
                observe(update.stamp)
                came.append(update)
            }
            publish(came, changes: nil, isReset: true, saves: false, into: &effects)
        }
    }
}
