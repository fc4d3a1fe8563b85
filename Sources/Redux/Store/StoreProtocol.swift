// SPDX-License-Identifier: MIT

/// What every store can do, however many enhancers made it.
///
/// All members may be called from any thread. A reducer may call none of them, and the body of a
/// `withState` may only read; both are faults, never hangs. A second thread waits instead.
public protocol StoreProtocol<State, Action>: AnyObject, Sendable {
    /// What the store holds.
    associatedtype State: Sendable
    /// What changes it.
    associatedtype Action: Sendable

    /// The newest state.
    var state: State { get }

    /// Reads the newest state in place, under the lock and without keeping a copy of it.
    ///
    /// A copy that outlives the body costs the next change a full copy of what it changes.
    func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result

    /// Changes the state by an action, then calls the subscribers on this thread.
    ///
    /// - Returns: The action; middleware may return another.
    @discardableResult func dispatch(_ action: Action) -> Action

    /// Calls `body` after each completed dispatch, in the order of subscription.
    ///
    /// Who hears a dispatch is settled when its notification begins. Dispatching within `body` is
    /// allowed, and completes before the outer notification goes on. Dispatches on two threads may
    /// notify at the same time.
    ///
    /// - Returns: The token; dropping it cancels.
    func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription

    /// Makes another reducer current and keeps the state, then lets new parts make their state.
    func replaceReducer(_ reducer: Reducer<State, Action>)

    /// The states from now on, the current one first, with a rule for readers that are slow.
    ///
    /// - Parameter limit: How many states wait for a slow reader under ``StatePolicy/every``, at
    ///   least 1; the oldest give way and are counted.
    func states(_ policy: StatePolicy, limit: Int) -> StateUpdates<State>

    /// Ends all subscriptions and state sequences for good.
    ///
    /// The state can still be read, and actions still change it.
    func close()

    /// The part of an enhancer that offers more than a store does, or `nil` when no enhancer of
    /// this store has it.
    func enhancement<Part>(_ type: Part.Type) -> Part?
}

extension StoreProtocol {
    /// This store itself, when it is what is asked for.
    public func enhancement<Part>(_ type: Part.Type) -> Part? { self as? Part }

    /// The states from now on, the current one first; a slow reader sees only the newest.
    public var states: StateSequence<State> {
        StateSequence(updates: states(.newest, limit: 1))
    }

    /// The states from now on with room for 256 states that wait for a slow reader.
    public func states(_ policy: StatePolicy) -> StateUpdates<State> {
        states(policy, limit: 256)
    }

    /// States as subscribers see them: one per notification, read when it happens.
    public func states(_ policy: StatePolicy, limit: Int) -> StateUpdates<State> {
        StateUpdates(policy: policy, limit: limit) { [weak self] feed in
            guard let self else { return nil }
            if policy == .every { feed.feed.keep(state) }
            return (
                subscription: subscribe { [weak self] in
                    if policy == .every, let self { feed.feed.keep(state) }
                    feed.feed.wake()
                },
                read: { [weak self] in self?.state }
            )
        }
    }
}
