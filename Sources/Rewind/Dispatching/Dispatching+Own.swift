// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension Dispatching {
    /// An own action at the signer.
    struct Signing: Sendable {
        /// Outer `nil`: no answer yet; inner: the signer could not sign.
        var answer: Payload??
    }

    /// An own update that may not leave yet: it is not durable, or older own ones are awaited.
    struct Unsaved: Sendable {
        let token: Int
        let update: Update
    }

    /// Stamps an own action, for a machine that does not sign.
    ///
    /// The caller folds the returned update into its state at once. Peers get it when it is saved,
    /// or now if nothing is saved here.
    ///
    /// - Parameter payload: A JSON object with a non-empty string `type`; see ``ActionShape``.
    /// - Returns: `nil` when no timestamp is left, which takes 2^52 own actions.
    public mutating func dispatch(_ payload: Payload, into effects: inout [Effect]) -> Update? {
        guard let timestamp = generator.next() else { return nil }
        let update = Update(payload: payload, timestamp: timestamp, source: source)
        if configuration.savesUpdates {
            lastSave += 1
            unsaved.append(Unsaved(token: lastSave, update: update))
            effects.append(.save(lastSave, [update]))
        } else if ownClaims.isEmpty, unsaved.isEmpty {
            enter(own: update)
            if gossip.peerCount > 0 { effects.append(.wakeAll) }
        } else {
            unsaved.append(Unsaved(token: 0, update: update))
        }
        return update
    }

    private mutating func enter(own update: Update) {
        log.append(update)
        gossip.accept(update)
    }

    // MARK: Signing

    mutating func beginSigning(_ payload: Payload, into effects: inout [Effect]) {
        let id = DispatchID(number: signing.append(Signing(answer: nil)))
        effects.append(.sign(id, payload))
    }

    /// Own actions keep the order in which they were dispatched, whichever signature comes first.
    mutating func settleSigning(
        _ id: DispatchID, _ payload: Payload?, into effects: inout [Effect]
    ) {
        guard signing.contains(id.number) else { return }
        signing[id.number]?.answer = .some(payload)
        while let first = signing.first, let answer = first.answer {
            let id = DispatchID(number: signing.start)
            signing.removeFirst()
            guard let signed = answer else {
                effects.append(.dispatchRefused(id, "the action could not be signed"))
                continue
            }
            let position = effects.count
            guard let update = dispatch(signed, into: &effects) else {
                effects.append(.dispatchRefused(id, "no timestamp is left for this source"))
                continue
            }
            effects.insert(.dispatched(id, update), at: position)
        }
    }

    // MARK: Leaving

    mutating func settleSave(_ token: Int, into effects: inout [Effect]) {
        savedToken = max(savedToken, token)
        releaseOwn(into: &effects)
    }

    /// Lets own updates enter the log, and so leave: those that are durable, in their order, and
    /// none while older own ones are still on their way back to us.
    mutating func releaseOwn(into effects: inout [Effect]) {
        ownClaims = ownClaims.filter { _, claim in
            gossip.newestOwn.map { $0 < claim.timestamp } ?? true
        }
        guard ownClaims.isEmpty else { return }
        var settled = 0
        while true {
            settled += enterSaved()
            // Each round takes away at least the earliest of those that came back.
            guard let back = earliestBack, unsaved.first.map({ back < $0.update.timestamp }) ?? true
            else { break }
            let waiting = deferredOwn
            deferredOwn = []
            judge(waiting, into: &effects)
        }
        if settled > 0, gossip.peerCount > 0 { effects.append(.wakeAll) }
    }

    /// The earliest of our own updates that came back while others were not saved yet.
    private var earliestBack: Timestamp? { deferredOwn.map { $0.update.timestamp }.min() }

    /// Enters own updates that are durable, up to the first that one of our name has to stand
    /// before: one that is being verified, or that came back.
    private mutating func enterSaved() -> Int {
        let (verified, back) = (queues[source]?.earliest, earliestBack)
        var settled = 0
        while let first = unsaved.first, first.token <= savedToken {
            let timestamp = first.update.timestamp
            if let verified, verified < timestamp { break }
            if let back, back < timestamp { break }
            unsaved.removeFirst()
            enter(own: first.update)
            settled += 1
        }
        return settled
    }

    // MARK: Own updates that others have and we do not

    /// A peer's claim to have own updates that we lack: our store was lost.
    struct OwnClaim: Sendable {
        let timestamp: Timestamp
        let generation: Int
    }

    /// How long own updates are held back for older ones to come home: 2 s.
    static let ownClaimMilliseconds = 2_000
    /// How often they are, at most, in the life of a machine: 16 times.
    ///
    /// A peer could claim again and again what it never sends.
    static let ownClaimLimit = 16

    /// Takes note of what a peer says to have of our own updates.
    ///
    /// Where that is more than we have, what we write goes out only after the rest has come back,
    /// for a log takes each source in ascending order: what is written first would hide the rest
    /// from us, and from all who hear of us first.
    mutating func note(
        claimed timestamp: Timestamp, by peer: PeerID, into effects: inout [Effect]
    ) {
        let known = unsaved.last?.update.timestamp ?? gossip.newestOwn
        if let known, known >= timestamp { return }
        effects.append(.report(.ownUpdatesMissing(claimed: timestamp)))
        guard timestamp <= .clockCeiling else { return }
        generator.recover(own: timestamp)
        guard ownClaimCount < Dispatching.ownClaimLimit else { return }
        ownClaimCount += 1
        lastVerification += 1
        ownClaims[peer] = OwnClaim(timestamp: timestamp, generation: lastVerification)
        effects.append(
            .startTimer(
                peer, generation: lastVerification,
                milliseconds: Dispatching.ownClaimMilliseconds))
    }

    /// What this peer had of ours has come, or will not come.
    mutating func endOwnClaim(of peer: PeerID, into effects: inout [Effect]) {
        guard ownClaims.removeValue(forKey: peer) != nil else { return }
        releaseOwn(into: &effects)
    }
}
