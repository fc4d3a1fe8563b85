// SPDX-License-Identifier: MIT

public import Redux
public import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization

extension GossipStore {
    /// Dispatches an action on all peers: here at once, elsewhere as soon as possible.
    ///
    /// An action that cannot be encoded (or, with a signer, signed) is refused before it changes
    /// anything, and reported to `onFault`; ``perform(_:)`` throws instead.
    ///
    /// - Returns: The action.
    @inlinable
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        do {
            let encoded = try encode(action)
            switch try admission.admit(encoded, staysLocal: isLocalOnly?(action) ?? false) {
            case .local: fold(.local(action))
            case .sign(let payload): try beginSigning(payload)
            case .gossip(let payload): foldOwn(action, try dispatcher.dispatch(payload).timestamp)
            }
        } catch {
            report(error)
        }
        return action
    }

    /// Dispatches an action and returns its place in the agreed order.
    ///
    /// - Returns: A receipt, whose stamp is `nil` for an action that stays local.
    /// - Throws: `ReplicaError` if the action is refused, in which case nothing has changed.
    public func perform(_ action: Action) async throws -> Receipt {
        let encoded = try encode(action)
        switch try admission.admit(encoded, staysLocal: isLocalOnly?(action) ?? false) {
        case .local:
            fold(.local(action))
            return Receipt(stamp: nil, token: 0, dispatcher: dispatcher)
        case .sign(let payload):
            let update = try await withCheckedThrowingContinuation { continuation in
                do {
                    try sign(payload) { continuation.resume(with: $0) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
            return Receipt(stamp: update.stamp, token: .max, dispatcher: dispatcher)
        case .gossip(let payload):
            let (timestamp, token) = try dispatcher.dispatch(payload)
            foldOwn(action, timestamp)
            let stamp = Stamp(timestamp: timestamp, source: source)
            return Receipt(stamp: stamp, token: token, dispatcher: dispatcher)
        }
    }

    /// Folds an own action; a plain inner store does so without the detour over its reducer.
    @inlinable
    func foldOwn(_ action: Action, _ timestamp: Timestamp) {
        guard let direct else {
            inner.dispatch(.own(action, Stamp(timestamp: timestamp, source: source)))
            archiver.handOverIfDue()
            return
        }
        var isArchiveDue = false
        direct.update { state, thread in
            folding.begin(on: thread)
            if replay.hasDuties {
                let stamp = Stamp(timestamp: timestamp, source: source)
                replay.note(.own(action, stamp), &state.history)
            }
            state.history.insert(action, at: timestamp, from: source)
            isArchiveDue = state.history.isArchiveDue
            folding.end()
        }
        if isArchiveDue { archiver.handOver() }
    }

    @inlinable
    func fold(_ action: InnerAction<State, Action>) {
        if let direct { direct.dispatch(action) } else { inner.dispatch(action) }
    }

    @inlinable
    func encode(_ action: Action) throws -> EncodedAction {
        do {
            return try codec.write(action)
        } catch {
            throw ReplicaError(.notEncodable, "the action cannot be encoded: \(error)")
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

/// The own actions that are being signed, with the closures to call when each is done.
final class SignedActions<Action: Sendable>: Sendable {
    typealias Completion = @Sendable (Result<Update, any Error>) -> Void

    private let waiting = Mutex<[SigningID: Completion]>([:])

    func wait(for id: SigningID, _ completion: @escaping Completion) {
        waiting.withLock { $0[id] = completion }
    }

    /// Applies a signed action, or reports why it was not signed.
    func settle(
        _ id: SigningID, _ result: Result<Update, ReplicaError>,
        fold: (HistoryEntry<Action>) -> Void, decode: (Payload) throws -> Action?
    ) {
        let completion = waiting.withLock { $0.removeValue(forKey: id) }
        if case .success(let update) = result {
            // The action is in the log, so it gets its place even if it cannot be decoded.
            fold(HistoryEntry((try? decode(update.payload)) ?? nil, at: update.stamp))
        }
        completion?(result.mapError { $0 })
    }
}

/// The result of dispatching an action.
public struct Receipt: Sendable {
    /// The position of the action in the agreed order, or `nil` if it stays local.
    public let stamp: Stamp?
    let token: Int
    let dispatcher: Dispatcher

    /// Waits until the action is durable; returns at once for a local action or without storage.
    ///
    /// - Throws: `StorageError` if saving fails; it is retried nevertheless.
    public func durable() async throws {
        if stamp == nil { return }
        if token == .max { return try await dispatcher.flush() }
        try await dispatcher.flush(token: token)
    }
}
