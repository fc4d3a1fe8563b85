// SPDX-License-Identifier: MIT

/// Where a verification stands.
struct VerificationPlace: Sendable {
    let source: Source
    let number: Int
}

extension Replica {
    /// Begins to verify an update.
    ///
    /// - Returns: Whether its sender may go on; if not, nothing more of it may be judged.
    mutating func verify(_ arrival: Arrival, into effects: inout [Effect]) -> Bool {
        guard let peer = arrival.peer else { return true }
        let (update, fingerprint) = (arrival.update, arrival.fingerprint)
        if let fingerprint, refusals.contains(fingerprint) {
            let refusal = Refusal(.remembered, "refused before", stamp: update.stamp)
            refuse(refusal, peer, into: &effects)
            return true
        }
        if let number = queues[update.source]?.number(of: update) {
            if queues[update.source]?.entries[number]?.origins.contains(peer) == false {
                queues[update.source]?.entries[number]?.origins.append(peer)
                pendingOf[peer, default: 0] += 1
            }
            return true
        }
        guard verificationPlaces.count < configuration.pendingVerificationLimit else {
            // Judged again from the start when the peer has dialled again: its clock is unmoved.
            cutOff(
                peer, SessionError(.tooManyPending, "too many updates wait for verification"),
                into: &effects)
            return false
        }
        lastVerification += 1
        let id = VerificationID(number: lastVerification)
        let number = queues[update.source, default: VerificationQueue()].append(
            VerificationQueue.Entry(
                id: id, update: update, fingerprint: fingerprint, origins: [peer]))
        verificationPlaces[id] = VerificationPlace(source: update.source, number: number)
        pendingOf[peer, default: 0] += 1
        effects.append(.verify(id, update))
        return true
    }

    /// Settles what can be settled: a source's updates leave in the order in which they came, and
    /// a slow one holds back its own source only.
    mutating func settleVerification(
        _ id: VerificationID, _ verdict: Verdict, into effects: inout [Effect]
    ) {
        guard let place = verificationPlaces[id],
            var queue = queues.removeValue(forKey: place.source)
        else { return }
        queue.entries[place.number]?.verdict = verdict
        var accepted: [Arrival] = []
        var peers: [PeerID] = []
        while let verdict = queue.entries.first?.verdict, let entry = queue.removeFirst() {
            forget(entry, &peers)
            switch verdict {
            case .accepted:
                accepted.append(
                    Arrival(
                        update: entry.update, fingerprint: entry.fingerprint,
                        peer: entry.origins.first))
            case .refused(let message):
                refuse(entry, message, into: &effects)
            case .failed(let message):
                queue = dropWhatFollows(entry, in: queue, &peers)
                queues[place.source] = queue
                fail(entry, message, into: &effects)
                queue = queues.removeValue(forKey: place.source) ?? VerificationQueue()
            }
        }
        if !queue.entries.isEmpty { queues[place.source] = queue }
        accept(accepted, into: &effects)
        if place.source == source, !own.isIdle { settleOwn(into: &effects) }
        for peer in peers { reportSyncs(candidate: peer, into: &effects) }
    }

    private mutating func forget(_ entry: VerificationQueue.Entry, _ peers: inout [PeerID]) {
        verificationPlaces[entry.id] = nil
        for origin in entry.origins { forget(origin, &peers) }
    }

    private mutating func forget(_ origin: PeerID, _ peers: inout [PeerID]) {
        guard let count = pendingOf[origin] else { return }
        pendingOf[origin] = count > 1 ? count - 1 : nil
        if count == 1 { peers.append(origin) }
    }

    private mutating func refuse(
        _ entry: VerificationQueue.Entry, _ message: String, into effects: inout [Effect]
    ) {
        if let fingerprint = entry.fingerprint, refusals.insert(fingerprint) {
            effects.append(.remember(fingerprint))
        }
        let refusal = Refusal(.policy, message, stamp: entry.update.stamp)
        refuse(refusal, entry.origins.first, into: &effects)
    }

    /// What those peers sent after the failed update must not be accepted, or the clock would move
    /// past an update that was never judged.
    ///
    /// What others sent does not depend on it: each peer sends all that it has of a source, in
    /// order, so theirs are logs without that update.
    private mutating func dropWhatFollows(
        _ failed: VerificationQueue.Entry, in queue: VerificationQueue, _ peers: inout [PeerID]
    ) -> VerificationQueue {
        var queue = queue
        var kept = VerificationQueue()
        while var entry = queue.removeFirst() {
            let lost = entry.origins.filter { failed.origins.contains($0) }
            for origin in lost { forget(origin, &peers) }
            entry.origins.removeAll { failed.origins.contains($0) }
            if entry.origins.isEmpty {
                verificationPlaces[entry.id] = nil
            } else {
                let number = kept.append(entry)
                verificationPlaces[entry.id] = VerificationPlace(
                    source: entry.update.source, number: number)
            }
        }
        return kept
    }

    /// The verifier failed: its senders are asked again, by dialling again.
    private mutating func fail(
        _ entry: VerificationQueue.Entry, _ message: String, into effects: inout [Effect]
    ) {
        let text = Wording.text("the verifier failed", "the verifier failed: \(message)")
        let refusal = Refusal(.policy, text, stamp: entry.update.stamp)
        effects.append(.report(.refused(refusal, entry.origins.first)))
        for origin in entry.origins where gossip.isOpen(origin) {
            cutOff(
                origin, SessionError(.verifierFailed, "an update could not be verified"),
                into: &effects)
        }
    }
}
