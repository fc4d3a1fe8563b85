// SPDX-License-Identifier: MIT

/// The access of a middleware to its store.
public struct MiddlewareContext<State: Sendable, Action: Sendable>: Sendable {
    let store: any StoreProtocol<State, Action>
    let chain: WeakChain<Action>
    let onFault: StoreErrorHandler?

    /// The newest state.
    public var state: State { store.state }

    /// Reads the newest state in place.
    public func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        try store.withState(body)
    }

    /// Dispatches an action through the whole middleware chain.
    ///
    /// Dispatching while the chain is being assembled is an error, because some middleware would be
    /// bypassed. After the store is released, it has no effect.
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        guard let chain = chain.value else { return action }
        guard let run = chain.run else {
            StoreError(
                .dispatchWhileBuilding,
                "a middleware dispatched \(action) while the chain was being assembled, which "
                    + "would bypass the others; dispatch after the store is created"
            ).report(to: onFault)
            return action
        }
        return run(action)
    }
}
