// SPDX-License-Identifier: MIT

internal import Synchronization

/// The assembled middleware of a store.
final class MiddlewareChain<Action: Sendable>: Sendable {
    typealias Dispatch = @Sendable (Action) -> Action

    private let assembled = Mutex<Dispatch?>(nil)

    /// The first step, or `nil` while the chain is being assembled.
    var run: Dispatch? { assembled.withLock { $0 } }

    /// Puts the middleware before `store`, which must not retain the chain.
    func assemble<State: Sendable>(
        _ middleware: [Middleware<State, Action>], before store: any StoreProtocol<State, Action>,
        onFault: StoreErrorHandler?
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
