// SPDX-License-Identifier: MIT

/// A store that wraps another one with the same types of state and action.
///
/// It forwards everything that a conforming type does not implement itself.
public protocol StoreWrapper: StoreProtocol {
    /// The wrapped store.
    var base: any StoreProtocol<State, Action> { get }
}

extension StoreWrapper {
    /// The newest state.
    public var state: State { base.state }

    /// Reads the newest state in place.
    public func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        try base.withState(body)
    }

    /// Dispatches the action to the wrapped store.
    @discardableResult
    public func dispatch(_ action: Action) -> Action { base.dispatch(action) }

    /// Subscribes to the wrapped store.
    public func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
        base.subscribe(body)
    }

    /// Replaces the reducer of the wrapped store.
    public func replaceReducer(_ reducer: Reducer<State, Action>) { base.replaceReducer(reducer) }

    /// Returns the states of the wrapped store.
    public func states(_ policy: StatePolicy, limit: Int) -> StateUpdates<State> {
        base.states(policy, limit: limit)
    }

    /// Closes the wrapped store.
    public func close() { base.close() }

    /// Returns this store if it is a `Part`, or else the wrapped store's enhancement.
    public func enhancement<Part>(_ type: Part.Type) -> Part? {
        self as? Part ?? base.enhancement(type)
    }
}
