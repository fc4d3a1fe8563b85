// SPDX-License-Identifier: MIT

import Scuttlebutt

extension Dispatching {
    /// The history of a peer that has not said SYNC yet.
    struct Held: Sendable {
        var updates: [Arrival] = []
        var generation: Int
        var countAtTimer = 0
        var pauses = 0
    }

    mutating func receive(
        _ messages: [Incoming], from peer: PeerID, into effects: inout [Effect]
    ) {
        var arrived: [Arrival] = []
        var endsHistory = false
        // What is held is added at once: looking the peer up for each update would cost more than
        // holding it.
        var holding: [Arrival] = []
        var isHeld = !gossip.hasReceivedSync(from: peer)
        var room =
            isHeld ? configuration.heldUpdateLimit - (held[peer]?.updates.count ?? 0) : 0
        if !isHeld { arrived.reserveCapacity(messages.count) }
        for message in messages {
            switch message.line {
            case .ignored:
                continue
            case .refused(let refusal):
                guard gossip.isOpen(peer) else { continue }
                effects.append(.report(.refused(refusal, peer)))
            case .message(let content):
                switch gossip.receive(content, from: peer) {
                case .nothing:
                    continue
                case .digest(let claimed):
                    if let claimed { note(claimed: claimed, by: peer, into: &effects) }
                    effects.append(.wake(peer))
                case .sync(let isFirst):
                    hold(holding, of: peer, &arrived, into: &effects)
                    holding = []
                    isHeld = false
                    release(peer, into: &arrived)
                    endsHistory = true
                    if isFirst { historiesToReport.append(peer) }
                case .update(let update):
                    let arrival = Arrival(
                        update: update, fingerprint: message.fingerprint, peer: peer)
                    guard isHeld else {
                        arrived.append(arrival)
                        continue
                    }
                    holding.append(arrival)
                    if holding.count >= room {
                        hold(holding, of: peer, &arrived, into: &effects)
                        holding = []
                        room = configuration.heldUpdateLimit
                    }
                }
            }
        }
        hold(holding, of: peer, &arrived, into: &effects)
        judge(arrived, into: &effects)
        if endsHistory { endOwnClaim(of: peer, into: &effects) }
        reportSyncs(into: &effects, candidate: peer)
    }

    // MARK: Holding a history until it is whole

    private mutating func hold(
        _ arrivals: [Arrival], of peer: PeerID, _ arrived: inout [Arrival],
        into effects: inout [Effect]
    ) {
        guard !arrivals.isEmpty else { return }
        if held[peer] == nil {
            lastVerification += 1
            held[peer] = Held(generation: lastVerification)
            startTimer(peer, into: &effects)
        }
        held[peer]?.updates.append(contentsOf: arrivals)
        if let count = held[peer]?.updates.count, count >= configuration.heldUpdateLimit {
            release(peer, into: &arrived)
        }
    }

    private mutating func release(_ peer: PeerID, into arrived: inout [Arrival]) {
        guard let batch = held.removeValue(forKey: peer) else { return }
        arrived.append(contentsOf: batch.updates)
    }

    private func startTimer(_ peer: PeerID, into effects: inout [Effect]) {
        guard let generation = held[peer]?.generation else { return }
        effects.append(
            .startTimer(
                peer, generation: generation, milliseconds: configuration.holdPauseMilliseconds))
    }

    /// A timer outlives what it was for; its generation tells.
    mutating func timerFired(_ peer: PeerID, _ generation: Int, into effects: inout [Effect]) {
        if ownClaims[peer]?.generation == generation {
            return endOwnClaim(of: peer, into: &effects)
        }
        guard var batch = held[peer], batch.generation == generation else { return }
        batch.pauses += 1
        if batch.updates.count > batch.countAtTimer, batch.pauses < configuration.holdPauseLimit {
            batch.countAtTimer = batch.updates.count
            held[peer] = batch
            startTimer(peer, into: &effects)
            return
        }
        var arrived: [Arrival] = []
        release(peer, into: &arrived)
        judge(arrived, into: &effects)
        reportSyncs(into: &effects, candidate: peer)
    }

    // MARK: Judging

    /// Decides about updates that arrived together; those without a policy are accepted as one
    /// batch.
    mutating func judge(_ arrived: [Arrival], into effects: inout [Effect]) {
        var accepted: [Update] = []
        var cutOffPeer: PeerID?
        for arrival in arrived where arrival.peer != cutOffPeer {
            let stamp = arrival.update.stamp
            if gossip.covers(stamp) {
                noteKnown(arrival.update, into: &effects)
                continue
            }
            if stamp.source == source, !mayJudge(own: arrival, &cutOffPeer, into: &effects) {
                continue
            }
            if configuration.verifies {
                let goesOn = verify(
                    arrival.update, arrival.fingerprint, arrival.peer, into: &effects)
                if !goesOn { cutOffPeer = arrival.peer }
            } else {
                accepted.append(arrival.update)
            }
        }
        accept(accepted, into: &effects)
        if !ownClaims.isEmpty { releaseOwn(into: &effects) }
    }

    /// How many own updates from peers may wait until ours are saved.
    static let deferredOwnLimit = 20_000

    /// An own update comes from a peer: we wrote it in an earlier life, or somebody forges.
    private mutating func mayJudge(
        own arrival: Arrival, _ cutOffPeer: inout PeerID?, into effects: inout [Effect]
    ) -> Bool {
        let stamp = arrival.update.stamp
        if stamp.timestamp > .clockCeiling {
            let refusal = Refusal(
                .forgedOwn, "an unknown update in our own name above the clock ceiling",
                stamp: stamp)
            effects.append(.report(.refused(refusal, arrival.peer)))
            return false
        }
        // Ours are stamped already, and the log takes each source in ascending order.
        guard let first = unsaved.first?.update.timestamp, stamp.timestamp >= first else {
            return true
        }
        for number in unsaved.start..<unsaved.end {
            guard let ours = unsaved[number]?.update, ours.stamp == stamp else { continue }
            compare(ours, arrival.update, into: &effects)
            return false
        }
        if deferredOwn.count < Dispatching.deferredOwnLimit {
            deferredOwn.append(arrival)
        } else {
            cutOffPeer = arrival.peer
            cutOff(
                arrival.peer,
                SessionError(.tooManyPending, "too many of our own updates come back"),
                into: &effects)
        }
        return false
    }

    // MARK: Ends

    /// Ends a session for a fault; what was held of its history is asked for again.
    mutating func cutOff(_ peer: PeerID, _ error: SessionError, into effects: inout [Effect]) {
        guard gossip.isOpen(peer) else { return }
        held[peer] = nil
        effects.append(.close(peer, error))
        close(peer, into: &effects)
    }

    /// What a peer sent before its connection ended still counts.
    mutating func close(_ peer: PeerID, into effects: inout [Effect]) {
        var arrived: [Arrival] = []
        release(peer, into: &arrived)
        gossip.close(peer)
        pendingOf[peer] = nil
        syncsToReport.removeAll { $0 == peer }
        historiesToReport.removeAll { $0 == peer }
        judge(arrived, into: &effects)
        endOwnClaim(of: peer, into: &effects)
    }

    /// Tells of peers that have become level, but not before what they sent has been settled.
    mutating func reportSyncs(into effects: inout [Effect], candidate peer: PeerID) {
        if gossip.becameSynced(peer) { syncsToReport.append(peer) }
        guard !historiesToReport.isEmpty || !syncsToReport.isEmpty else { return }
        historiesToReport.removeAll { waiting in
            guard pendingOf[waiting] == nil else { return false }
            effects.append(.report(.historyReceived(waiting)))
            return true
        }
        syncsToReport.removeAll { waiting in
            guard pendingOf[waiting] == nil else { return false }
            effects.append(.report(.synced(waiting)))
            return true
        }
    }
}
