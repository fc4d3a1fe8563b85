// SPDX-License-Identifier: MIT

import Scuttlebutt

extension Dispatching {
    /// The history of a peer that has not said SYNC yet.
    struct Held {
        var updates: [(update: Update, fingerprint: Fingerprint?)] = []
        var generation: Int
        var countAtTimer = 0
        var pauses = 0
    }

    mutating func receive(
        _ messages: [Incoming], from peer: PeerID, into effects: inout [Effect]
    ) {
        var arrived: [(Update, Fingerprint?, PeerID)] = []
        for message in messages {
            switch message.line {
            case .ignored:
                continue
            case .refused(let refusal):
                effects.append(.report(.refused(refusal, peer)))
            case .message(let content):
                switch gossip.receive(content, from: peer) {
                case .nothing:
                    continue
                case .digest(let claimed):
                    if let claimed { note(claimed: claimed, into: &effects) }
                    effects.append(.wake(peer))
                case .sync(let isFirst):
                    release(peer, into: &arrived)
                    if isFirst { historiesToReport.append(peer) }
                case .update(let update):
                    if gossip.hasReceivedSync(from: peer) {
                        arrived.append((update, message.fingerprint, peer))
                    } else {
                        hold(update, message.fingerprint, peer, &arrived, into: &effects)
                    }
                }
            }
        }
        judge(arrived, into: &effects)
        reportSyncs(into: &effects, candidate: peer)
    }

    // MARK: Holding a history until it is whole

    private mutating func hold(
        _ update: Update, _ fingerprint: Fingerprint?, _ peer: PeerID,
        _ arrived: inout [(Update, Fingerprint?, PeerID)], into effects: inout [Effect]
    ) {
        if held[peer] == nil {
            lastVerification += 1
            held[peer] = Held(generation: lastVerification)
            startTimer(peer, into: &effects)
        }
        held[peer]?.updates.append((update, fingerprint))
        if let count = held[peer]?.updates.count, count >= configuration.heldUpdateLimit {
            release(peer, into: &arrived)
        }
    }

    private mutating func release(
        _ peer: PeerID, into arrived: inout [(Update, Fingerprint?, PeerID)]
    ) {
        guard let batch = held.removeValue(forKey: peer) else { return }
        for item in batch.updates { arrived.append((item.update, item.fingerprint, peer)) }
    }

    private func startTimer(_ peer: PeerID, into effects: inout [Effect]) {
        guard let generation = held[peer]?.generation else { return }
        effects.append(
            .startTimer(
                peer, generation: generation, milliseconds: configuration.holdPauseMilliseconds))
    }

    /// A timer outlives what it was for; its generation tells.
    mutating func timerFired(_ peer: PeerID, _ generation: Int, into effects: inout [Effect]) {
        guard var batch = held[peer], batch.generation == generation else { return }
        batch.pauses += 1
        if batch.updates.count > batch.countAtTimer, batch.pauses < configuration.holdPauseLimit {
            batch.countAtTimer = batch.updates.count
            held[peer] = batch
            startTimer(peer, into: &effects)
            return
        }
        var arrived: [(Update, Fingerprint?, PeerID)] = []
        release(peer, into: &arrived)
        judge(arrived, into: &effects)
        reportSyncs(into: &effects, candidate: peer)
    }

    // MARK: Judging

    /// Decides about updates that arrived together; those without a policy are accepted as one
    /// batch.
    mutating func judge(
        _ arrived: [(Update, Fingerprint?, PeerID)], into effects: inout [Effect]
    ) {
        var accepted: [Accepted] = []
        for (update, fingerprint, peer) in arrived {
            let stamp = update.stamp
            if gossip.vector.covers(stamp) {
                noteKnown(update, from: [peer], into: &effects)
            } else if update.source == source, stamp.timestamp > .clockCeiling {
                let refusal = Refusal(
                    .forgedOwn, "an unknown update in our own name above the clock ceiling",
                    stamp: stamp)
                effects.append(.report(.refused(refusal, peer)))
            } else if update.source == source, !unsaved.isEmpty {
                deferOwn(update, peer, into: &effects)
            } else if configuration.verifies {
                verify(update, fingerprint, peer, into: &effects)
            } else {
                accepted.append(Accepted(update: update, origins: [peer]))
            }
        }
        accept(accepted, into: &effects)
    }

    /// How many own updates from peers may wait until ours are saved.
    static let deferredOwnLimit = 20_000

    /// An own update comes back while newer own ones are being saved: it must wait, for the log
    /// takes each source in ascending order and ours are stamped already.
    private mutating func deferOwn(
        _ update: Update, _ peer: PeerID, into effects: inout [Effect]
    ) {
        if deferredOwn.count < Dispatching.deferredOwnLimit {
            deferredOwn.append((update, peer))
        } else {
            close(
                peer, SessionError(.tooManyPending, "too many of our own updates come back"),
                into: &effects)
        }
    }

    private mutating func note(claimed timestamp: Timestamp, into effects: inout [Effect]) {
        let known = unsaved.last?.update.timestamp ?? gossip.vector[source]
        if let known, known >= timestamp { return }
        if timestamp <= .clockCeiling { generator.recover(own: timestamp) }
        effects.append(.report(.ownUpdatesMissing(claimed: timestamp)))
    }

    // MARK: Ends

    mutating func close(
        _ peer: PeerID, _ error: SessionError, into effects: inout [Effect]
    ) {
        close(peer, into: &effects)
        effects.append(.close(peer, error))
    }

    /// What a peer sent before its connection ended still counts.
    mutating func close(_ peer: PeerID, into effects: inout [Effect]) {
        var arrived: [(Update, Fingerprint?, PeerID)] = []
        release(peer, into: &arrived)
        gossip.close(peer)
        pendingOf[peer] = nil
        syncsToReport.removeAll { $0 == peer }
        historiesToReport.removeAll { $0 == peer }
        judge(arrived, into: &effects)
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
