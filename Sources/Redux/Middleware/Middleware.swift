// SPDX-License-Identifier: MIT
internal import Synchronization

/// The access of a middleware to its store.
public struct MiddlewareContext<State: Sendable, Action: Sendable>: Sendable {
    let store: any StoreProtocol<State, Action>
    let chain: WeakChain<Action>
    let onFault: FaultHandler?

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
            StoreFault(
                .dispatchWhileBuilding,
                "a middleware dispatched \(action) while the chain was being assembled, which "
                    + "would bypass the others; dispatch after the store is created"
            ).report(to: onFault)
            return action
        }
        return run(action)
    }
}

/// A step between a dispatch and the store, which can observe, change, delay, drop or repeat
/// actions.
///
/// The first middleware of a store is entered first and left last. Its factory runs once per store.
public struct Middleware<State: Sendable, Action: Sendable>: Sendable {
    /// Passes an action on and returns the result of `dispatch`.
    public typealias Dispatch = @Sendable (Action) -> Action

    let make:
        @Sendable (MiddlewareContext<State, Action>) -> @Sendable (@escaping Dispatch) -> Dispatch

    /// Creates a middleware from a factory that receives the context and then the next step.
    public init(
        _ make:
            @escaping @Sendable (MiddlewareContext<State, Action>)
            -> @Sendable (@escaping Dispatch) -> Dispatch
    ) {
        self.make = make
    }

    /// Returns a middleware that calls `body` for each action.
    ///
    /// If `body` does not call `next`, the action is dropped; if it calls it twice, the action is
    /// delivered twice.
    public static func each(
        _ body: @escaping @Sendable (MiddlewareContext<State, Action>, Action, Dispatch) -> Action
    ) -> Self {
        Middleware { context in { next in { action in body(context, action, next) } } }
    }
}

/// The assembled middleware of a store.
final class MiddlewareChain<Action: Sendable>: Sendable {
    typealias Dispatch = @Sendable (Action) -> Action

    private let assembled = Mutex<Dispatch?>(nil)

    /// The first step, or `nil` while the chain is being assembled.
    var run: Dispatch? { assembled.withLock { $0 } }

    /// Puts the middleware before `store`, which must not retain the chain.
    func assemble<State: Sendable>(
        _ middleware: [Middleware<State, Action>], before store: any StoreProtocol<State, Action>,
        onFault: FaultHandler?
    ) -> Dispatch {
        let context = MiddlewareContext(
            store: store, chain: WeakChain(value: self), onFault: onFault)
        let steps = middleware.map { $0.make(context) }
        var run: Dispatch = { store.dispatch($0) }
        for step in steps.reversed() { run = step(run) }
        assembled.withLock { [run] in $0 = run }
        return run
    }
}

/// Lets steps reference the chain weakly, because the chain retains them.
struct WeakChain<Action: Sendable>: Sendable {
    weak let value: MiddlewareChain<Action>?
}
