// SPDX-License-Identifier: MIT

// What a page needs that brings the updates of closed tabs beside its own, and takes back what the
// server does not take.

extension Gossip {
    /// Whether updates of this source come to the peers from here alone: our own, and those that
    /// were adopted.
    func brings(_ source: Source) -> Bool { source == self.source || adopted.contains(source) }

    /// Whether nothing is left out or withheld.
    var sendsAll: Bool { omissions.isEmpty && withheld.isEmpty }

    /// Whether an update that a peer lacks may be sent to it; notes what follows if not.
    func mayWrite(_ stamp: Stamp, _ session: inout Session) -> Bool {
        if withheld.contains(stamp) {
            session.withhold(stamp.source)
            return false
        }
        guard omissions.contains(stamp) else { return true }
        pass(over: stamp, &session)
        return false
    }

    /// Passes over an update, as if it had been sent.
    func pass(over stamp: Stamp, _ session: inout Session) {
        session.markSent(stamp)
        // There is nothing to wait for any more: it counts with what is confirmed next.
        if stamp.source == source { session.markSent(own: stamp.timestamp) }
    }
}

extension Replica {
    /// Treats updates of this source like our own where a peer does not take them: nobody else
    /// brings them.
    package mutating func adopt(_ source: Source) {
        if !gossip.brings(source) { gossip.adopted.append(source) }
    }

    /// Keeps an update, and sends it to nobody.
    package mutating func leaveOut(_ stamp: Stamp) { gossip.omissions.insert(stamp) }

    /// Whether an update is kept and sent to nobody.
    ///
    /// - Complexity: O(log n).
    package func leavesOut(_ stamp: Stamp) -> Bool { gossip.omissions.contains(stamp) }

    /// Sends nothing of this source from that update on to peers that lack it: who skips an update
    /// of somebody else makes the later ones hide it for good.
    package mutating func withhold(from stamp: Stamp) { gossip.withheld.insert(stamp) }

    /// Sends an update again that was left out.
    package mutating func bringBack(_ stamp: Stamp) { gossip.omissions.remove(stamp) }

    /// Forgets that a peer does not take an own update, so that the next refusal is reported again.
    package mutating func forgetSetAside(_ stamp: Stamp) {
        if stamp.source == source { own.setAside.remove(stamp.timestamp) }
    }

    /// Notes that a stamp was used in an earlier life for an update that is gone.
    package mutating func restore(used stamp: Stamp) {
        gossip.restore(stamp)
        observe(stamp)
    }

    /// Takes up what an earlier life has noted of the peers: the newest own update that one of them
    /// has.
    package mutating func restore(confirmed timestamp: Timestamp) {
        gossip.restore(confirmed: timestamp)
    }

    /// How many own updates no peer is known to have, but for those that are left out.
    package var pendingCountToSend: Int {
        pendingCount - gossip.omissions.count(of: source, after: gossip.ownConfirmed)
    }

    /// Where a session stands; `nil` if it is not open.
    package func progress(of peer: PeerID) -> SessionProgress? {
        gossip.sessions.withSession(peer) { SessionProgress($0) }
    }

    /// The newest timestamp of a source that a peer is known to have.
    package func knownTimestamp(of source: Source, by peer: PeerID) -> Timestamp? {
        gossip.sessions.withSession(peer) { $0.known[source] } ?? nil
    }

    /// How many updates are held until the histories that they belong to are whole.
    package var heldCount: Int { held.values.reduce(0) { $0 + $1.updates.count } }

    /// Asks a peer for a sign of life even if one is awaited, because it may have been lost.
    package mutating func requestUrgentProbe(of peer: PeerID) {
        gossip.requestUrgentProbe(of: peer)
    }

    /// Appends the answers and the probe that are due for a peer, and nothing else.
    package mutating func pullProbes(_ peer: PeerID, limit: DeltaLimit) -> WireBlock {
        gossip.pullProbes(peer, limit: limit)
    }
}

extension Gossip {
    mutating func pullProbes(_ peer: PeerID, limit: DeltaLimit) -> WireBlock {
        var block = WireBlock()
        let wire = wire
        _ = sessions.withMutableSession(peer) {
            if !$0.owesHeader { $0.appendProbes(wire, limit: limit, to: &block) }
        }
        return block
    }

    mutating func requestUrgentProbe(of peer: PeerID) {
        _ = sessions.withMutableSession(peer) { $0.requestProbe(isUrgent: true) }
    }

    mutating func restore(confirmed timestamp: Timestamp) {
        ownConfirmed = newestOwn.map { min($0, timestamp) }
    }
}
