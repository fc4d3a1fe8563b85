// SPDX-License-Identifier: MIT

import Scuttlebutt

extension Dispatching {
    /// The updates of one source that are being verified, in the order in which they came.
    struct VerificationQueue {
        struct Entry {
            let id: VerificationID
            let update: Update
            let fingerprint: Fingerprint?
            var origins: [PeerID]
            var verdict: Verdict?
        }
        var entries: [Entry] = []
    }

    mutating func verify(
        _ update: Update, _ fingerprint: Fingerprint?, _ peer: PeerID,
        into effects: inout [Effect]
    ) {
        if let fingerprint, refusals.contains(fingerprint) {
            let refusal = Refusal(.remembered, "refused before", stamp: update.stamp)
            effects.append(.report(.refused(refusal, peer)))
            return
        }
        if let stall = stalled[update.source], update.timestamp > stall { return }
        var queue = queues[update.source] ?? VerificationQueue()
        if let index = queue.entries.firstIndex(where: { $0.update == update }) {
            if !queue.entries[index].origins.contains(peer) {
                queue.entries[index].origins.append(peer)
                pendingOf[peer, default: 0] += 1
            }
            queues[update.source] = queue
            return
        }
        guard verificationSources.count < configuration.pendingVerificationLimit else {
            // Judged again from the start when the peer has dialled again: its clock is unmoved.
            close(
                peer, SessionError(.tooManyPending, "too many updates wait for verification"),
                into: &effects)
            return
        }
        lastVerification += 1
        let id = VerificationID(number: lastVerification)
        queue.entries.append(
            VerificationQueue.Entry(
                id: id, update: update, fingerprint: fingerprint, origins: [peer]))
        queues[update.source] = queue
        verificationSources[id] = update.source
        pendingOf[peer, default: 0] += 1
        effects.append(.verify(id, update))
    }

    /// Settles what can be settled: a source's updates leave in the order in which they came, and
    /// a slow one holds back its own source only.
    mutating func settleVerification(
        _ id: VerificationID, _ verdict: Verdict, into effects: inout [Effect]
    ) {
        guard let source = verificationSources[id], var queue = queues.removeValue(forKey: source),
            let index = queue.entries.firstIndex(where: { $0.id == id })
        else { return }
        queue.entries[index].verdict = verdict
        var accepted: [Accepted] = []
        var settled = 0
        var peers: [PeerID] = []
        while settled < queue.entries.count, let verdict = queue.entries[settled].verdict {
            let entry = queue.entries[settled]
            settled += 1
            forget(entry, &peers)
            switch verdict {
            case .accepted:
                if stalled[source] == entry.update.timestamp { stalled[source] = nil }
                accepted.append(Accepted(update: entry.update, origins: entry.origins))
            case .refused(let message):
                if stalled[source] == entry.update.timestamp { stalled[source] = nil }
                refuse(entry, message, into: &effects)
            case .failed(let message):
                let later = queue.entries[settled...]
                for entry in later { forget(entry, &peers) }
                settled = queue.entries.count
                stall(entry, message, into: &effects)
            }
        }
        queue.entries.removeFirst(settled)
        if !queue.entries.isEmpty { queues[source] = queue }
        accept(accepted, into: &effects)
        for peer in peers { reportSyncs(into: &effects, candidate: peer) }
    }

    private mutating func forget(_ entry: VerificationQueue.Entry, _ peers: inout [PeerID]) {
        verificationSources[entry.id] = nil
        for origin in entry.origins {
            guard let count = pendingOf[origin] else { continue }
            pendingOf[origin] = count > 1 ? count - 1 : nil
            if count == 1 { peers.append(origin) }
        }
    }

    private mutating func refuse(
        _ entry: VerificationQueue.Entry, _ message: String, into effects: inout [Effect]
    ) {
        if let fingerprint = entry.fingerprint, refusals.insert(fingerprint) {
            effects.append(.remember(fingerprint))
        }
        let refusal = Refusal(.policy, message, stamp: entry.update.stamp)
        effects.append(.report(.refused(refusal, entry.origins.first)))
    }

    /// The verifier failed: nothing later of this source may be accepted, or the clock would move
    /// past an update that was never judged. Its senders are asked again by dialling again.
    private mutating func stall(
        _ entry: VerificationQueue.Entry, _ message: String, into effects: inout [Effect]
    ) {
        let source = entry.update.source
        stalled[source] = min(stalled[source] ?? .maximum, entry.update.timestamp)
        let refusal = Refusal(.policy, "the verifier failed: \(message)", stamp: entry.update.stamp)
        effects.append(.report(.refused(refusal, entry.origins.first)))
        for origin in entry.origins {
            close(
                origin, SessionError(.verifierFailed, "an update could not be verified"),
                into: &effects)
        }
    }
}

/// The refused updates that are remembered; the oldest is forgotten beyond the limit.
struct RefusalMemory: Sendable {
    private let limit: Int
    private var known: Set<Fingerprint> = []
    private var order: [Fingerprint] = []
    private var oldest = 0

    init(limit: Int) { self.limit = limit }

    func contains(_ fingerprint: Fingerprint) -> Bool { known.contains(fingerprint) }

    @discardableResult
    mutating func insert(_ fingerprint: Fingerprint) -> Bool {
        guard known.insert(fingerprint).inserted else { return false }
        if order.count < limit {
            order.append(fingerprint)
        } else if limit > 0 {
            known.remove(order[oldest])
            order[oldest] = fingerprint
            oldest = (oldest + 1) % limit
        }
        return true
    }
}
