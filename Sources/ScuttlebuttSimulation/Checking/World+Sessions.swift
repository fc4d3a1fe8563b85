// SPDX-License-Identifier: MIT

import Scuttlebutt

extension World {
    /// Checks a report that the history of a peer was received, or that both sides are level.
    ///
    /// It must come once per session, and only after the application was given that history. Each
    /// source's updates are accepted in order, so checking the newest of each source is enough.
    mutating func checkTold(_ event: ReplicaEvent, of peer: PeerID, _ node: Int) {
        let place = nodes[node].ends[peer.number - 1]
        guard nodes[node].told.insert(event).inserted else {
            return fail(.report, "\(name(node)) reports \(event) twice on #\(place.connection)")
        }
        let other = connections[place.connection].ends[1 - place.end]
        guard let sender = other.node else { return }
        guard other.pipe.syncCount > 0 else {
            return fail(.report, "\(name(node)) reports \(event) before \(name(sender)) said SYNC")
        }
        guard retainsEverything else { return }
        for (writer, newest) in other.pipe.history.enumerated()
        where newest > 0 && isPromised(writer, to: node) {
            let accepted = ledger.writers[writer].written.prefix(ledger.count(node, writer))
            guard accepted.last.map({ $0.timestamp.value < newest }) ?? true else { continue }
            return fail(
                .report,
                "\(name(node)) reports \(event) of \(name(sender)), and lacks "
                    + "\(ledger.writers[writer].source.text) at \(newest)")
        }
    }

    /// Checks that an update is not held longer than a replica may hold an incomplete history.
    ///
    /// - Parameter end: The end of the connection that sent the update.
    mutating func checkHeld(_ number: Int, _ end: Int) {
        guard let held = connections[number].ends[end].pipe.held, !verifies, retainsEverything,
            let node = connections[number].ends[1 - end].node, nodes[node].isRunning,
            connections[number].ends[1 - end].isOpen
        else { return }
        let isPromised = isPromised(ledger.index(of: held.stamp.source), to: node)
        if !isPromised || nodes[node].peer?.withPeer({ $0.gossip.covers(held.stamp) }) == true {
            connections[number].ends[end].pipe.held = nil
        } else if time - held.since > Self.holdLimit {
            fail(
                .bounds,
                "\(name(node)) holds \(held.stamp.text) of #\(number) for "
                    + "\((time - held.since) / 1_000) ms")
        }
    }

    /// The longest time for which a history may be held, in microseconds.
    private static var holdLimit: Int64 {
        let limits = ReplicaConfiguration.actions
        return Int64(limits.holdPauseMilliseconds * limits.holdPauseLimit) * 1_000
    }

    /// Returns whether a peer must accept the updates of this source as they arrive.
    ///
    /// Own updates of an earlier life may have to wait, and nothing is promised of forged sources.
    private func isPromised(_ writer: Int, to node: Int) -> Bool {
        ledger.writers[writer].owner != nil && ledger.writers[writer].taintedFrom == nil
            && nodes[node].writer != writer
    }
}
