// SPDX-License-Identifier: MIT

/// A store whose state and actions are carried by a store of other ones.
///
/// It lifts every member: the reducer that is replaced too, so that it never meets the state of
/// the inner store (as it does in the original). A subscriber is called for each change of the
/// inner store.
public final class LiftedStore<
    State: Sendable, Action: Sendable, InnerState: Sendable, InnerAction: Sendable
>: StoreProtocol {
    /// How the inner store carries the outer one.
    public struct Lift: Sendable {
        /// The state that the program sees.
        public let view: @Sendable (InnerState) -> State
        /// The inner action that carries an action of the program.
        public let action: @Sendable (Action) -> InnerAction
        /// The inner reducer that makes a reducer of the program work on inner states.
        public let reducer: @Sendable (Reducer<State, Action>) -> Reducer<InnerState, InnerAction>

        /// Makes a lift.
        ///
        /// - Parameters:
        ///   - view: The state that the program sees; runs under the lock, so it must be cheap.
        ///   - action: The inner action that carries an action of the program.
        ///   - reducer: The inner reducer that makes the program's reducer work on inner states.
        public init(
            view: @escaping @Sendable (InnerState) -> State,
            action: @escaping @Sendable (Action) -> InnerAction,
            reducer:
                @escaping @Sendable (Reducer<State, Action>) -> Reducer<
                    InnerState, InnerAction
                >
        ) {
            self.view = view
            self.action = action
            self.reducer = reducer
        }
    }

    /// The store that holds the lifted state.
    public let inner: any StoreProtocol<InnerState, InnerAction>
    private let lift: Lift

    /// Makes a store before `inner`.
    public init(inner: any StoreProtocol<InnerState, InnerAction>, lift: Lift) {
        self.inner = inner
        self.lift = lift
    }

    /// The newest state, as the program sees it.
    public var state: State { inner.withState(lift.view) }

    /// Reads the newest state in place, as the program sees it.
    public func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        try inner.withState { try body(lift.view($0)) }
    }

    /// Dispatches the inner action that carries `action`.
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        inner.dispatch(lift.action(action))
        return action
    }

    /// Calls `body` after each change of the inner store.
    public func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
        inner.subscribe(body)
    }

    /// Replaces the reducer by the lifted form of `reducer`.
    public func replaceReducer(_ reducer: Reducer<State, Action>) {
        inner.replaceReducer(lift.reducer(reducer))
    }

    /// Closes the inner store.
    public func close() { inner.close() }

    /// This store, or what the inner store has.
    public func enhancement<Part>(_ type: Part.Type) -> Part? {
        self as? Part ?? inner.enhancement(type)
    }
}
