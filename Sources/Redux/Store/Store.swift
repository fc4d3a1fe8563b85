// SPDX-License-Identifier: MIT

/// A Redux store: one state, changed only by dispatching actions to a reducer.
///
/// Everything is synchronous and may be called from any thread. The lock covers the reducer only:
/// subscribers and middleware run outside of it, on the thread that dispatched.
public final class Store<State: Sendable, Action: Sendable>: StoreWrapper {
    /// The store behind the middleware, with all enhancers in it.
    public let base: any StoreProtocol<State, Action>
    /// `base` where it is a plain store, which is then called without a detour.
    ///
    /// Unmanaged, since `base` keeps it alive and counting references at each dispatch is dear.
    @usableFromInline let core: Unmanaged<StoreCore<State, Action>>?
    /// The middleware, or `nil` when there are none.
    @usableFromInline let firstStep: (@Sendable (Action) -> Action)?
    private let chain: MiddlewareChain<Action>?
    let onFault: FaultHandler?

    private init(
        base: any StoreProtocol<State, Action>, middleware: [Middleware<State, Action>],
        onFault: FaultHandler?
    ) {
        self.base = base
        self.onFault = onFault
        core = (base as? StoreCore<State, Action>).map(Unmanaged.passUnretained)
        chain = middleware.isEmpty ? nil : MiddlewareChain()
        firstStep = chain?.assemble(middleware, before: base, onFault: onFault)
    }

    /// Makes a plain store with a first state.
    ///
    /// The first state is kept for as long as the store lives, as the answer to a reducer that
    /// reads its store against the rule. Where it is large, let the reducer make it.
    ///
    /// - Parameters:
    ///   - initial: Kept unless the reducer answers the library's init signal.
    ///   - middleware: The first is entered first.
    ///   - onFault: Hears of broken rules and of reducers that throw. Without one they trap in
    ///     debug builds.
    public convenience init(
        initial: State, reducer: Reducer<State, Action>,
        middleware: [Middleware<State, Action>] = [], onFault: FaultHandler? = nil
    ) {
        self.init(
            base: StoreCore(
                initial: initial, standIn: { initial }, reducer: reducer, onFault: onFault),
            middleware: middleware, onFault: onFault)
    }

    /// Makes a store whose first state may come from the reducer, perhaps through enhancers.
    ///
    /// - Parameters:
    ///   - initial: The first state, or `nil` where the reducer makes it.
    ///   - middleware: The first is entered first; all stand before the enhancers.
    ///   - enhancer: One enhancer, or several through `compose`.
    ///   - onFault: Hears of broken rules and of reducers that throw. Without one they trap in
    ///     debug builds.
    /// - Throws: A ``StoreFault`` when there is no first state, or when an enhancer refuses.
    public convenience init(
        initial: State? = nil, reducer: Reducer<State, Action>,
        middleware: [Middleware<State, Action>] = [], enhancer: (any StoreEnhancer)? = nil,
        onFault: FaultHandler? = nil
    ) throws {
        var creator: any StoreCreator = PlainStoreCreator(onFault: onFault)
        if let enhancer { creator = creator.enhanced(by: enhancer) }
        self.init(
            base: try creator.create(initial, reducer), middleware: middleware, onFault: onFault)
    }

    /// Changes the state by an action, then calls the subscribers on this thread.
    ///
    /// - Returns: The action; middleware may return another.
    @inlinable @discardableResult
    public func dispatch(_ action: Action) -> Action {
        if let firstStep { return firstStep(action) }
        if let core { return core._withUnsafeGuaranteedRef { $0.dispatch(action) } }
        return base.dispatch(action)
    }
}

extension StoreCore {
    /// Makes a plain store; a `nil` state is one that the reducer is to make.
    convenience init(
        initial: State?, reducer: Reducer<State, Action>, onFault: FaultHandler?
    ) throws {
        if let initial {
            self.init(
                initial: initial, standIn: { initial }, reducer: reducer, onFault: onFault)
        } else if let make = reducer.makeState {
            self.init(initial: make(), standIn: make, reducer: reducer, onFault: onFault)
        } else {
            throw StoreFault(
                .noInitialState,
                "no first state was given and the reducer cannot make one; pass initial: or use "
                    + "starting(with:)")
        }
    }
}
