// SPDX-License-Identifier: MIT

/// A store that stands before another one of the same state and action.
///
/// An enhancer states what it replaces and gets the rest passed on.
public protocol StoreWrapper: StoreProtocol {
    /// The store behind this one.
    var base: any StoreProtocol<State, Action> { get }
}

extension StoreWrapper {
    /// The newest state.
    public var state: State { base.state }

    /// Reads the newest state in place.
    public func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        try base.withState(body)
    }

    /// Passes the action on.
    @discardableResult
    public func dispatch(_ action: Action) -> Action { base.dispatch(action) }

    /// Subscribes to the store behind this one.
    public func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
        base.subscribe(body)
    }

    /// Replaces the reducer of the store behind this one.
    public func replaceReducer(_ reducer: Reducer<State, Action>) { base.replaceReducer(reducer) }

    /// The states of the store behind this one.
    public func states(_ policy: StatePolicy, limit: Int) -> StateUpdates<State> {
        base.states(policy, limit: limit)
    }

    /// Closes the store behind this one.
    public func close() { base.close() }

    /// This store, or what the store behind it has.
    public func enhancement<Part>(_ type: Part.Type) -> Part? {
        self as? Part ?? base.enhancement(type)
    }
}
