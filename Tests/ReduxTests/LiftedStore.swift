// SPDX-License-Identifier: MIT
import Redux

/// A store that presents the state and actions of another store as other types.
///
/// It lifts every member, including a replaced reducer, so that the program's reducer never meets
/// the state of the inner store.
final class LiftedStore<
    State: Sendable, Action: Sendable, InnerState: Sendable, InnerAction: Sendable
>: StoreProtocol {
    /// The conversions between the outer and the inner store.
    struct Lift: Sendable {
        /// The outer state for an inner state.
        let view: @Sendable (InnerState) -> State
        /// The inner action for an outer action.
        let action: @Sendable (Action) -> InnerAction
        /// The inner reducer for an outer reducer.
        let reducer: @Sendable (Reducer<State, Action>) -> Reducer<InnerState, InnerAction>

    }

    /// The store that holds the lifted state.
    let inner: any StoreProtocol<InnerState, InnerAction>
    private let lift: Lift

    init(inner: any StoreProtocol<InnerState, InnerAction>, lift: Lift) {
        self.inner = inner
        self.lift = lift
    }

    /// The newest outer state.
    var state: State { inner.withState(lift.view) }

    /// Reads the newest outer state in place.
    func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        try inner.withState { try body(lift.view($0)) }
    }

    /// Dispatches the inner action that carries `action`.
    @discardableResult
    func dispatch(_ action: Action) -> Action {
        inner.dispatch(lift.action(action))
        return action
    }

    /// Calls `body` after each change of the inner store.
    func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
        inner.subscribe(body)
    }

    /// Replaces the reducer with the lifted `reducer`.
    func replaceReducer(_ reducer: Reducer<State, Action>) {
        inner.replaceReducer(lift.reducer(reducer))
    }

    /// Closes the inner store.
    func close() { inner.close() }

    /// Returns this store if it is a `Part`, or else the inner store's enhancement.
    func enhancement<Part>(_ type: Part.Type) -> Part? {
        self as? Part ?? inner.enhancement(type)
    }
}
