// SPDX-License-Identifier: MIT

public import Scuttlebutt
public import ScuttlebuttCoding

/// Decides how to dispatch an own action from its bytes, before it changes anything.
@usableFromInline
struct Admission: Sendable {
    /// The way to dispatch an action.
    @usableFromInline
    enum Way: Sendable {
        /// Fold it locally, without gossip.
        case local
        /// Sign it, then stamp it.
        case sign(CheckedPayload)
        /// Stamp it.
        case gossip(CheckedPayload)
    }

    let folding: FoldingThread
    let wire: ClassicWire
    let limits: EncodedAction.ProvenLimits
    let isGossipType: (@Sendable (String) -> Bool)?
    @usableFromInline let signs: Bool

    /// Checks an action and decides how to dispatch it.
    ///
    /// - Throws: `ReplicaError` if other peers would refuse it, or if a reducer dispatches it.
    @usableFromInline
    func admit(_ action: consuming EncodedAction, staysLocal: Bool) throws(ReplicaError) -> Way {
        if folding.isCurrent {
            let action = String(decoding: action.bytes.prefix(200), as: UTF8.self)
            throw ReplicaError(
                .dispatchInReducer,
                "a reducer, or the body of a withState, may not dispatch \(action)")
        }
        if staysLocal { return .local }
        let checked = try action.checked(for: wire, within: limits)
        if isLocal(checked) { return .local }
        return signs ? .sign(checked) : .gossip(checked)
    }

    /// Whether an action stays local because of its type.
    private func isLocal(_ payload: CheckedPayload) -> Bool {
        guard let isGossipType, case .action(let type) = ActionShape.inspect(payload.bytes) else {
            return payload.isLocalAction
        }
        return !isGossipType(String(decoding: type, as: UTF8.self))
    }
}
