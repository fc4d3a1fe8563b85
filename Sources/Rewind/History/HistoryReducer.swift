// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The function with which a ``History`` folds actions into a state.
///
/// It must be deterministic, because it sees the same actions again on every replay and on every
/// peer. The stamp is `nil` for a local-only action. It changes the state in place, so that a
/// state with copy-on-write storage stays unique from one snapshot to the next.
public struct HistoryReducer<State, Action>: Sendable {
    @usableFromInline
    let reduce: @Sendable (inout State, Action, Stamp?) -> Reduction

    /// Creates a reducer that reports its result.
    @inlinable
    public init(
        reporting reduce: @escaping @Sendable (inout State, Action, Stamp?) -> Reduction
    ) {
        self.reduce = reduce
    }

    /// Creates a reducer that accepts every action.
    @inlinable
    public init(_ reduce: @escaping @Sendable (inout State, Action, Stamp?) -> Void) {
        self.reduce = { state, action, stamp in
            reduce(&state, action, stamp)
            return .applied
        }
    }

    /// Creates a reducer that may throw, which makes the action a recorded no-op.
    ///
    /// It may throw after it has changed a part of the state, which is then undone. The error is
    /// not kept.
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
