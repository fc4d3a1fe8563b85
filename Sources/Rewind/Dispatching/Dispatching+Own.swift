// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension Dispatching {
    /// An own action at the signer.
    struct Signing {
        let id: DispatchID
        /// Outer `nil`: no answer yet; inner: the signer could not sign.
        var answer: Payload??
    }

    /// An own update that is not durable yet.
    struct Unsaved {
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
        } else {
            log.append(update)
            gossip.accept(update)
            if gossip.peerCount > 0 { effects.append(.wakeAll) }
        }
        return update
    }

    mutating func beginSigning(_ payload: Payload, into effects: inout [Effect]) {
        lastDispatch += 1
        let id = DispatchID(number: lastDispatch)
        signing.append(Signing(id: id, answer: nil))
        effects.append(.sign(id, payload))
    }

    /// Own actions keep the order in which they were dispatched, whichever signature comes first.
    mutating func settleSigning(
        _ id: DispatchID, _ payload: Payload?, into effects: inout [Effect]
    ) {
        guard let index = signing.firstIndex(where: { $0.id == id }) else { return }
        signing[index].answer = .some(payload)
        while let first = signing.first, let answer = first.answer {
            signing.removeFirst()
            guard let signed = answer else {
                effects.append(.dispatchRefused(first.id, "the action could not be signed"))
                continue
            }
            let position = effects.count
            guard let update = dispatch(signed, into: &effects) else {
                effects.append(.dispatchRefused(first.id, "no timestamp is left for this source"))
                continue
            }
            effects.insert(.dispatched(first.id, update), at: position)
        }
    }

    mutating func settleSave(_ token: Int, into effects: inout [Effect]) {
        var settled = 0
        while settled < unsaved.count, unsaved[settled].token <= token {
            let update = unsaved[settled].update
            log.append(update)
            gossip.accept(update)
            settled += 1
        }
        guard settled > 0 else { return }
        unsaved.removeFirst(settled)
        if gossip.peerCount > 0 { effects.append(.wakeAll) }
        guard unsaved.isEmpty, !deferredOwn.isEmpty else { return }
        let waiting = deferredOwn
        deferredOwn = []
        judge(waiting.map { ($0.update, nil, $0.origin) }, into: &effects)
    }
}
