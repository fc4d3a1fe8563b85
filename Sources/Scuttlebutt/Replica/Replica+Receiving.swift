// SPDX-License-Identifier: MIT

/// An update that is to be judged.
struct Arrival: Sendable {
    let update: Update
    let fingerprint: Fingerprint?
    /// Who sent it; `nil` for an own update that came home and waited.
    let peer: PeerID?
}

/// The history of a peer that has not said SYNC yet.
struct HeldHistory: Sendable {
    var updates: [Arrival] = []
    let generation: Int
    /// How many there were when the current timer was started.
    var countAtTimer = 0
    var pauses = 0
}

extension Replica {
    mutating func receive(
        _ lines: [IncomingLine], from peer: PeerID, into effects: inout [Effect]
    ) {
        var arrived: [Arrival] = []
        var endsHistory = false
        // What is held is added at once: looking the peer up for each update would cost more than
        // holding it.
        var holding: [Arrival] = []
        var isHeld = configuration.holdsHistories && !gossip.hasReceivedSync(from: peer)
        var room =
            isHeld ? configuration.heldUpdateLimit - (held[peer]?.updates.count ?? 0) : 0
        if !isHeld { arrived.reserveCapacity(lines.count) }
        for line in lines {
            switch line.line {
            case .ignored:
                continue
            case .refused(let refusal):
                guard gossip.isOpen(peer) else { continue }
                refuse(refusal, peer, into: &effects)
            case .message(let message):
                switch gossip.receive(message, from: peer) {
                case .nothing:
                    continue
                case .digest(let claimed, let highest):
                    noteHeader(highest: highest)
                    if let claimed { note(claimed: claimed, by: peer, into: &effects) }
                    effects.append(.wake(peer))
                case .probe:
                    effects.append(.wake(peer))
                case .refusal(let stamp):
                    setAside(stamp, by: peer, into: &effects)
                case .presence(let excess):
                    notePresence(of: peer, excess: excess, into: &effects)
                case .sync(let isFirst):
                    hold(holding, of: peer, &arrived, into: &effects)
                    holding = []
                    isHeld = false
                    stopHolding(peer, into: &arrived)
                    endsHistory = true
                    if isFirst { historiesToReport.append(peer) }
                case .update(let update):
                    let arrival = Arrival(
                        update: update, fingerprint: line.fingerprint, peer: peer)
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
        if endsHistory { endClaim(of: peer, into: &effects) }
        reportSyncs(candidate: peer, into: &effects)
    }

    // MARK: Holding a history until it is whole

    private mutating func hold(
        _ arrivals: [Arrival], of peer: PeerID, _ arrived: inout [Arrival],
        into effects: inout [Effect]
    ) {
        guard !arrivals.isEmpty else { return }
        if held[peer] == nil {
            lastTimer += 1
            held[peer] = HeldHistory(generation: lastTimer)
            startHoldTimer(peer, generation: lastTimer, into: &effects)
        }
        held[peer]?.updates.append(contentsOf: arrivals)
        if let count = held[peer]?.updates.count, count >= configuration.heldUpdateLimit {
            stopHolding(peer, into: &arrived)
        }
    }

    private mutating func stopHolding(_ peer: PeerID, into arrived: inout [Arrival]) {
        guard let history = held.removeValue(forKey: peer) else { return }
        arrived.append(contentsOf: history.updates)
    }

    private func startHoldTimer(
        _ peer: PeerID, generation: Int, into effects: inout [Effect]
    ) {
        effects.append(
            .startTimer(
                ReplicaTimer(
                    purpose: .hold, peer: peer, generation: generation,
                    milliseconds: configuration.holdPauseMilliseconds)))
    }

    /// A timer may outlive its purpose; its generation tells.
    mutating func timerFired(_ timer: ReplicaTimer, into effects: inout [Effect]) {
        let peer = timer.peer
        switch timer.purpose {
        case .presenceTick:
            presenceTickFired(timer.generation, into: &effects)
        case .presenceRound:
            presenceRoundFired(timer.generation, into: &effects)
        case .homecoming:
            guard own.claims[peer]?.generation == timer.generation else { return }
            endClaim(of: peer, into: &effects)
        case .hold:
            guard var history = held[peer], history.generation == timer.generation else { return }
            history.pauses += 1
            if history.updates.count > history.countAtTimer,
                history.pauses < configuration.holdPauseLimit
            {
                history.countAtTimer = history.updates.count
                held[peer] = history
                startHoldTimer(peer, generation: timer.generation, into: &effects)
                return
            }
            var arrived: [Arrival] = []
            stopHolding(peer, into: &arrived)
            judge(arrived, into: &effects)
            reportSyncs(candidate: peer, into: &effects)
        }
    }

    // MARK: Judging

    /// Decides about updates that arrived together.
    mutating func judge(_ arrived: [Arrival], into effects: inout [Effect]) {
        guard configuration.verifies else { return accept(arrived, into: &effects) }
        var cutOffPeer: PeerID?
        for arrival in arrived where cutOffPeer == nil || arrival.peer != cutOffPeer {
            guard isNews(arrival, into: &effects) else { continue }
            if !verify(arrival, into: &effects) { cutOffPeer = arrival.peer }
        }
        if !own.claims.isEmpty { settleOwn(into: &effects) }
    }

    /// Whether an update may still be accepted; reports why if not.
    private mutating func isNews(_ arrival: Arrival, into effects: inout [Effect]) -> Bool {
        let stamp = arrival.update.stamp
        if gossip.covers(stamp) {
            compare(value.update(at: stamp), arrival, into: &effects)
            return false
        }
        guard stamp.source == source else { return true }
        // An own update comes from a peer: we wrote it in an earlier life, or somebody forges.
        if stamp.timestamp > .clockCeiling {
            let refusal = Refusal(
                .forgedOwn, "an unknown update in our own name above the clock ceiling",
                stamp: stamp)
            refuse(refusal, arrival.peer, into: &effects)
            return false
        }
        // It may be one that we have written and not released.
        guard let ours = value.update(at: stamp) else { return true }
        compare(ours, arrival, into: &effects)
        return false
    }

    /// Reports a refusal, and tells a peer that asks what became of its updates.
    mutating func refuse(
        _ refusal: Refusal, _ peer: PeerID?, into effects: inout [Effect]
    ) {
        effects.append(.report(.refused(refusal, peer)))
        guard let peer, let stamp = refusal.stamp, gossip.noteRefused(stamp, from: peer)
        else { return }
        effects.append(.wake(peer))
    }

    /// Notes that a peer does not take an own update.
    mutating func setAside(_ stamp: Stamp, by peer: PeerID, into effects: inout [Effect]) {
        guard own.setAside.count < OwnUpdates.setAsideLimit, value.update(at: stamp) != nil,
            stamp.source != source || own.setAside.insert(stamp.timestamp).inserted
        else { return }
        effects.append(.report(.setAside(stamp, by: peer)))
    }

    /// Reports a repetition, or two different updates with one stamp; then a peer that asks hears
    /// that its own is not taken.
    mutating func compare(_ ours: Update?, _ arrival: Arrival, into effects: inout [Effect]) {
        let update = arrival.update
        guard let ours, ours.payload != update.payload,
            !JSONMeaning.areEqualActions(ours.payload, update.payload)
        else { return effects.append(.report(.stale(update.stamp))) }
        effects.append(.report(.equivocation(update.stamp)))
        guard let peer = arrival.peer, gossip.noteRefused(update.stamp, from: peer) else { return }
        effects.append(.wake(peer))
    }

    // MARK: Accepting

    /// Accepts updates: the one place where the value, the clocks and the peers learn of them.
    ///
    /// - Parameter saves: Whether they are to be saved; not if they come from the storage.
    mutating func accept(
        _ arrivals: [Arrival], saves: Bool = true, into effects: inout [Effect]
    ) {
        var fresh: [Update] = []
        fresh.reserveCapacity(arrivals.count)
        var changes: [Value.Change]? = describesChanges ? [] : nil
        var concernsOwn = false
        // What a peer sent behind an update that was not taken would leave a gap.
        var cutOffPeer: PeerID?
        for arrival in arrivals where cutOffPeer == nil || arrival.peer != cutOffPeer {
            guard isNews(arrival, into: &effects) else { continue }
            let update = arrival.update
            guard gossip.hasRoom(for: update.source) else {
                let refusal = Refusal(
                    .source, "there are too many sources to take another", stamp: update.stamp)
                refuse(refusal, arrival.peer, into: &effects)
                continue
            }
            if update.source == source {
                concernsOwn = true
                if hasUnsettledOwn {
                    if !keep(home: arrival, into: &effects) { cutOffPeer = arrival.peer }
                    continue
                }
            }
            switch apply(update, changes: &changes) {
            case .applied:
                observe(update.stamp)
                gossip.accept(update)
                fresh.append(update)
            case .refused(let message):
                let refusal = Refusal(.value, message, stamp: update.stamp)
                refuse(refusal, arrival.peer, into: &effects)
            case .tooLarge:
                cutOffPeer = arrival.peer
                cutOff(
                    arrival.peer, SessionError(.sizeLimit, sizeLimitMessage), into: &effects)
            }
        }
        publish(fresh, changes: changes, isReset: false, saves: saves, into: &effects)
        if concernsOwn, !own.claims.isEmpty { settleOwn(into: &effects) }
    }

    /// Has accepted updates saved, and tells everybody of them.
    mutating func publish(
        _ accepted: [Update], changes: [Value.Change]?, isReset: Bool, saves: Bool = true,
        into effects: inout [Effect]
    ) {
        guard !accepted.isEmpty else { return }
        if saves, configuration.savesUpdates {
            lastSave += 1
            effects.append(.save(lastSave, accepted))
        }
        if describesChanges, isReset || changes?.isEmpty == false {
            effects.append(.changed(changes ?? [], isReset: isReset))
        }
        effects.append(.accepted(accepted))
        if gossip.peerCount > 0 { effects.append(.wakeAll) }
    }

    enum Application {
        case applied
        case refused(String)
        case tooLarge
    }

    /// Applies an update within the size limit.
    mutating func apply(_ update: Update, changes: inout [Value.Change]?) -> Application {
        let before = value.retainedByteCount
        if before + update.byteCount > configuration.sizeLimit {
            // It may replace what is larger; that shows only when it is done.
            var copy = value
            var described: [Value.Change]? = changes == nil ? nil : []
            if case .refused(let message) = copy.apply(update, changes: &described) {
                return .refused(message)
            }
            let after = copy.retainedByteCount
            guard after <= configuration.sizeLimit || after <= before else { return .tooLarge }
            value = copy
            if let described { changes?.append(contentsOf: described) }
            return .applied
        }
        switch value.apply(update, changes: &changes) {
        case .applied: return .applied
        case .refused(let message): return .refused(message)
        }
    }

    var sizeLimitMessage: String {
        Wording.text(
            "the replica has reached its size limit",
            "the replica holds \(value.retainedByteCount) bytes of at most "
                + "\(configuration.sizeLimit)")
    }

    // MARK: Ends

    /// Ends a session for a fault; what was held of its history is asked for again on the next one.
    mutating func cutOff(
        _ peer: PeerID?, _ error: SessionError, into effects: inout [Effect]
    ) {
        guard let peer, gossip.isOpen(peer) else { return }
        held[peer] = nil
        effects.append(.close(peer, error))
        effects.append(.report(.cutOff(peer, error)))
        close(peer, into: &effects)
    }

    /// What a peer sent before its connection ended still counts.
    mutating func close(_ peer: PeerID, into effects: inout [Effect]) {
        var arrived: [Arrival] = []
        stopHolding(peer, into: &arrived)
        gossip.close(peer)
        pendingOf[peer] = nil
        syncsToReport.removeAll { $0 == peer }
        historiesToReport.removeAll { $0 == peer }
        judge(arrived, into: &effects)
        endClaim(of: peer, into: &effects)
    }

    /// Reports peers that have become level, but not before what they sent is settled.
    mutating func reportSyncs(candidate peer: PeerID, into effects: inout [Effect]) {
        if gossip.takeSyncedNotice(peer) { syncsToReport.append(peer) }
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
