// SPDX-License-Identifier: MIT
internal import Synchronization

/// What a middleware may do with the store that it belongs to.
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

    /// Dispatches through the whole chain of middleware again.
    ///
    /// It is a fault while the middleware are being put together, since some would be passed by.
    /// Once the store is released it has no effect.
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        guard let chain = chain.value else { return action }
        guard let run = chain.run else {
            StoreFault(
                .dispatchWhileBuilding,
                "a middleware dispatched \(action) while the middleware were being put together; "
                    + "the others would not have seen it"
            ).report(to: onFault)
            return action
        }
        return run(action)
    }
}

/// A step between a dispatch and the store: it may look, change, delay, swallow or repeat actions.
///
/// The first middleware of a store is entered first and left last. Its factory runs once per store.
public struct Middleware<State: Sendable, Action: Sendable>: Sendable {
    /// Passes an action on and returns what `dispatch` is to return.
    public typealias Dispatch = @Sendable (Action) -> Action

    let make:
        @Sendable (MiddlewareContext<State, Action>) -> @Sendable (@escaping Dispatch) -> Dispatch

    /// Makes a middleware of a factory: of the context, then of the next step, comes the step.
    public init(
        _ make:
            @escaping @Sendable (MiddlewareContext<State, Action>)
            -> @Sendable (@escaping Dispatch) -> Dispatch
    ) {
        self.make = make
    }

    /// Makes a middleware of what is done with each action.
    ///
    /// Not calling `next` swallows the action; calling it twice delivers it twice.
    public static func each(
        _ body: @escaping @Sendable (MiddlewareContext<State, Action>, Action, Dispatch) -> Action
    ) -> Self {
        Middleware { context in { next in { action in body(context, action, next) } } }
    }
}

/// The middleware of one store, put together.
final class MiddlewareChain<Action: Sendable>: Sendable {
    typealias Dispatch = @Sendable (Action) -> Action

    private let assembled = Mutex<Dispatch?>(nil)

    /// The first step, or `nil` while the chain is being put together.
    var run: Dispatch? { assembled.withLock { $0 } }

    /// Puts the middleware before `store`, which must not hold the chain.
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

/// Steps hold the chain weakly, since the chain holds them.
struct WeakChain<Action: Sendable>: Sendable {
    weak let value: MiddlewareChain<Action>?
}
