// SPDX-License-Identifier: MIT

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
