// SPDX-License-Identifier: MIT

import Redux
import Rewind
public import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization

extension GossipStore {
    /// Dispatches an action to everybody: here at once, elsewhere as soon as it can be.
    ///
    /// One that cannot be encoded (or, with a signer, signed) is refused before it changes
    /// anything, and reported to `onFault`; ``perform(_:)`` throws instead.
    ///
    /// - Returns: The action.
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        do { _ = try stamp(action) } catch { report(error) }
        return action
    }

    /// Dispatches an action and tells the place that it got.
    ///
    /// - Returns: A receipt; its stamp is `nil` for an action that stays local.
    /// - Throws: ``GossipFault`` when the action is refused; nothing has changed then.
    public func perform(_ action: Action) async throws -> Receipt {
        if options.sign != nil, try !staysLocal(action, GossipEncoding.payload(of: action, codec)) {
            let update = try await withCheckedThrowingContinuation { continuation in
                do {
                    try sign(action) { continuation.resume(with: $0) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
            return Receipt(stamp: update.stamp, token: .max, dispatcher: dispatcher)
        }
        let (stamp, token) = try stamp(action)
        return Receipt(stamp: stamp, token: token, dispatcher: dispatcher)
    }

    /// Dispatches an action; with a signer, only begins to.
    private func stamp(_ action: Action) throws -> (Stamp?, Int) {
        let payload = try GossipEncoding.payload(of: action, codec)
        if folding.isCurrent {
            throw GossipFault(
                .dispatchInReducer, "a reducer may not dispatch \(action); use middleware")
        }
        if try staysLocal(action, payload) {
            inner.dispatch(.local(action))
            return (nil, 0)
        }
        if options.sign != nil {
            try sign(action) { [weak self] result in
                if case .failure(let fault) = result { self?.report(fault) }
            }
            return (nil, 0)
        }
        let (update, token) = try dispatcher.dispatch(payload)
        inner.dispatch(.own(action, update.stamp))
        return (update.stamp, token)
    }

    private func staysLocal(_ action: Action, _ payload: Payload) throws -> Bool {
        if isLocalOnly(action) { return true }
        switch ActionShape.inspect(payload) {
        case .refused(let refusal):
            throw GossipFault(.notAnAction, refusal.text)
        case .action(let type):
            guard let isGossipType = options.isGossipType else { return ActionShape.isLocal(type) }
            return !isGossipType(String(decoding: type, as: UTF8.self))
        }
    }

    // MARK: Signing

    private func sign(
        _ action: Action,
        _ completion: @escaping @Sendable (Result<Update, any Error>) -> Void
    ) throws {
        let payload = try GossipEncoding.payload(of: action, codec)
        dispatcher.beginDispatch(payload) { id in
            signed.withLock { $0.waiting[id] = completion }
        }
    }

    /// The signer has answered: the signed action takes effect now.
    func settle(_ id: DispatchID, _ result: Result<Update, GossipFault>) {
        let completion = signed.withLock { $0.waiting.removeValue(forKey: id) }
        switch result {
        case .success(let update):
            do {
                if let action = try codec.decode(update.payload) {
                    inner.dispatch(.own(action, update.stamp))
                }
                completion?(.success(update))
            } catch {
                completion?(.failure(error))
            }
        case .failure(let fault):
            completion?(.failure(fault))
        }
    }
}

/// The own actions that are at the signer, and who waits for them.
struct SignedDispatches<Action: Sendable>: Sendable {
    var waiting: [DispatchID: @Sendable (Result<Update, any Error>) -> Void] = [:]
}

/// Passes the signer's answers on to a store that is made after the dispatcher.
final class SignedAnswers: Sendable {
    typealias Handler = @Sendable (DispatchID, Result<Update, GossipFault>) -> Void
    private let handler = Mutex<Handler?>(nil)

    func onSettle(_ body: @escaping Handler) { handler.withLock { $0 = body } }

    func settle(_ id: DispatchID, _ result: Result<Update, GossipFault>) {
        handler.withLock { $0 }?(id, result)
    }
}

/// What became of an action that was dispatched.
public struct Receipt: Sendable {
    /// The action's place in the agreed order, or `nil` when it stays local.
    public let stamp: Stamp?
    let token: Int
    let dispatcher: Dispatcher

    /// Waits until the action is durable; at once for a local one or without storage.
    ///
    /// - Throws: `StorageError` when saving fails; it is tried again all the same.
    public func durable() async throws {
        if stamp == nil { return }
        if token == .max { return try await dispatcher.flush() }
        try await dispatcher.flush(token: token)
    }
}
