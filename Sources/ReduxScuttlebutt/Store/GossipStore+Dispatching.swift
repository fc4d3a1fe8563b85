// SPDX-License-Identifier: MIT

public import Redux
import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization

extension GossipStore {
    /// Dispatches an action to everybody: here at once, elsewhere as soon as it can be.
    ///
    /// One that cannot be encoded (or, with a signer, signed) is refused before it changes
    /// anything, and reported to `onFault`; ``perform(_:)`` throws instead.
    ///
    /// - Returns: The action.
    @inlinable
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        do { _ = try stamp(action) } catch { report(error) }
        return action
    }

    /// Dispatches an action and tells the place that it got.
    ///
    /// - Returns: A receipt; its stamp is `nil` for an action that stays local.
    /// - Throws: ``GossipError`` when the action is refused; nothing has changed then.
    public func perform(_ action: Action) async throws -> Receipt {
        if admission.signs {
            let payload = try encode(action)
            let way = try admission.admit(payload, staysLocal: isLocalOnly?(action) ?? false)
            if case .sign(let payload) = way {
                let update = try await withCheckedThrowingContinuation { continuation in
                    do {
                        try sign(payload) { continuation.resume(with: $0) }
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
                return Receipt(stamp: update.stamp, token: .max, dispatcher: dispatcher)
            }
        }
        let (stamp, token) = try stamp(action)
        return Receipt(stamp: stamp, token: token, dispatcher: dispatcher)
    }

    /// Dispatches an action; with a signer, only begins to.
    ///
    /// Inlined into the program, with everything that depends on its types: what is left generic
    /// costs more than the whole dispatch.
    @inlinable
    func stamp(_ action: Action) throws -> (stamp: Stamp?, token: Int) {
        let payload = try encode(action)
        switch try admission.admit(payload, staysLocal: isLocalOnly?(action) ?? false) {
        case .local:
            fold(.local(action))
            return (nil, 0)
        case .sign(let payload):
            try beginSigning(payload)
            return (nil, 0)
        case .gossip(let payload):
            let (update, token) = try dispatcher.dispatch(payload)
            fold(.own(action, update.stamp))
            return (update.stamp, token)
        }
    }

    @inlinable
    func fold(_ action: TimelineAction<State, Action>) {
        if let direct { direct.dispatch(action) } else { inner.dispatch(action) }
    }

    @inlinable
    func encode(_ action: Action) throws -> Payload {
        do {
            return try codec.encode(action)
        } catch {
            throw GossipError.notEncodable(error)
        }
    }

    // MARK: Signing

    @usableFromInline
    func beginSigning(_ payload: CheckedPayload) throws {
        try sign(payload) { [weak self] result in
            if case .failure(let fault) = result { self?.report(fault) }
        }
    }

    private func sign(
        _ payload: CheckedPayload,
        _ completion: @escaping @Sendable (Result<Update, any Error>) -> Void
    ) throws {
        try dispatcher.beginDispatch(payload) { signed.wait(for: $0, completion) }
    }
}

/// The own actions that are at the signer, and who waits for them.
final class SignedActions<Action: Sendable>: Sendable {
    typealias Completion = @Sendable (Result<Update, any Error>) -> Void

    private let waiting = Mutex<[SigningID: Completion]>([:])

    func wait(for id: SigningID, _ completion: @escaping Completion) {
        waiting.withLock { $0[id] = completion }
    }

    /// The signer has answered: the signed action takes effect now.
    func settle(
        _ id: SigningID, _ result: Result<Update, GossipError>,
        fold: (StampedAction<Action>) -> Void, decode: (Payload) throws -> Action?
    ) {
        let completion = waiting.withLock { $0.removeValue(forKey: id) }
        if case .success(let update) = result {
            // It is in the log, so it has its place whatever the codec thinks of it now.
            fold(StampedAction(stamp: update.stamp, action: (try? decode(update.payload)) ?? nil))
        }
        completion?(result.mapError { $0 })
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
