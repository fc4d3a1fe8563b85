// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What a reducer says of one action.
public enum Reduction: Hashable, Sendable {
    /// The state is the new one.
    case applied
    /// The action counts as a no-op, and the state was not touched.
    case refused
    /// The action counts as a no-op, and the state may be half changed: it will be rolled back.
    case failed
}

/// The function with which a ``History`` folds actions into a state.
///
/// It must be deterministic: it sees the same actions again on every replay, and on every peer.
/// The stamp is `nil` for a local-only action. It changes the state in place, so that a state
/// with copy-on-write storage stays unique from one snapshot to the next.
public struct HistoryReducer<State, Action>: Sendable {
    @usableFromInline
    let reduce: @Sendable (inout State, Action, Stamp?) -> Reduction

    /// Makes a reducer that says itself what it did.
    @inlinable
    public init(
        reporting reduce: @escaping @Sendable (inout State, Action, Stamp?) -> Reduction
    ) {
        self.reduce = reduce
    }

    /// Makes a reducer that accepts every action.
    @inlinable
    public init(_ reduce: @escaping @Sendable (inout State, Action, Stamp?) -> Void) {
        self.reduce = { state, action, stamp in
            reduce(&state, action, stamp)
            return .applied
        }
    }

    /// Makes a reducer that may throw: the action is then a recorded no-op.
    ///
    /// It may throw after it has changed a part of the state; the part is undone. The error itself
    /// is not kept.
    @inlinable
    public init<Failure: Error>(
        throwing reduce: @escaping @Sendable (inout State, Action, Stamp?) throws(Failure) -> Void
    ) {
        self.reduce = { state, action, stamp in
            do throws(Failure) {
                try reduce(&state, action, stamp)
                return .applied
            } catch {
                return .failed
            }
        }
    }
}
