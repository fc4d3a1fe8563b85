// SPDX-License-Identifier: MIT

/// A Redux store: one state, changed only by dispatching actions to a reducer.
///
/// Everything is synchronous and can be called from any thread. The lock only covers the reducer:
/// subscribers and middleware run outside of it, on the dispatching thread.
public final class Store<State: Sendable, Action: Sendable>: StoreWrapper {
    /// The store behind the middleware, with all its enhancers.
    public let base: any StoreProtocol<State, Action>
    /// `base` if it is a plain store, to call it directly.
    ///
    /// Unmanaged, because `base` keeps it alive and reference counting at each dispatch is
    /// expensive.
    @usableFromInline let core: Unmanaged<StoreCore<State, Action>>?
    /// The first middleware step, or `nil` if there is no middleware.
    @usableFromInline let firstStep: (@Sendable (Action) -> Action)?
    private let chain: MiddlewareChain<Action>?
    let onFault: StoreErrorHandler?

    private init(
        base: any StoreProtocol<State, Action>, middleware: [Middleware<State, Action>],
        onFault: StoreErrorHandler?
    ) {
        self.base = base
        self.onFault = onFault
        core = (base as? StoreCore<State, Action>).map(Unmanaged.passUnretained)
        chain = middleware.isEmpty ? nil : MiddlewareChain()
        firstStep = chain?.assemble(middleware, before: base, onFault: onFault)
    }

    /// Creates a plain store with an initial state.
    ///
    /// The initial state is retained for the lifetime of the store, as the answer to a reducer that
    /// reads its store against the rules. If it is large, let the reducer provide it.
    ///
    /// - Parameters:
    ///   - initial: The initial state, which the reducer may change when it handles
    ///     ``ReducerSignal/initialize``.
    ///   - reducer: The reducer.
    ///   - middleware: The middleware; the first is entered first.
    ///   - onFault: Receives violations of the rules and errors thrown by the reducer. Without it,
    ///     they trap in debug builds.
    public convenience init(
        initial: State, reducer: Reducer<State, Action>,
        middleware: [Middleware<State, Action>] = [], onFault: StoreErrorHandler? = nil
    ) {
        self.init(
            base: StoreCore(
                initial: initial, substituteState: { initial }, reducer: reducer, onFault: onFault),
            middleware: middleware, onFault: onFault)
    }

    /// Creates a store, optionally with enhancers and with an initial state from the reducer.
    ///
    /// - Parameters:
    ///   - initial: The initial state, or `nil` if the reducer provides it.
    ///   - reducer: The reducer.
    ///   - middleware: The middleware; the first is entered first, and all come before the
    ///     enhancers.
    ///   - enhancer: One enhancer, or several combined with `compose`.
    ///   - onFault: Receives violations of the rules and errors thrown by the reducer. Without it,
    ///     they trap in debug builds.
    /// - Throws: A ``StoreError`` if there is no initial state or an enhancer refuses.
    public convenience init(
        initial: State? = nil, reducer: Reducer<State, Action>,
        middleware: [Middleware<State, Action>] = [], enhancer: (any StoreEnhancer)? = nil,
        onFault: StoreErrorHandler? = nil
    ) throws {
        var creator: any StoreCreator = PlainStoreCreator(onFault: onFault)
        if let enhancer { creator = creator.enhanced(by: enhancer) }
        self.init(
            base: try creator.create(initial, reducer), middleware: middleware, onFault: onFault)
    }

    /// Applies an action to the state, then calls the subscribers on this thread.
    ///
    /// - Returns: The action, or another one returned by a middleware.
    @inlinable @discardableResult
    public func dispatch(_ action: Action) -> Action {
        if let firstStep { return firstStep(action) }
        if let core { return core._withUnsafeGuaranteedRef { $0.dispatch(action) } }
        return base.dispatch(action)
    }
}

extension StoreCore {
    /// Creates a plain store; without an initial state, the reducer provides it.
    convenience init(
        initial: State?, reducer: Reducer<State, Action>, onFault: StoreErrorHandler?
    ) throws {
        if let initial {
            self.init(
                initial: initial, substituteState: { initial }, reducer: reducer, onFault: onFault)
        } else if let make = reducer.makeState {
            self.init(initial: make(), substituteState: make, reducer: reducer, onFault: onFault)
        } else {
            throw StoreError(
                .noInitialState,
                "no initial state was given and the reducer provides none; pass initial: or use "
                    + "starting(with:)")
        }
    }
}
