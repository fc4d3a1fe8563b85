// SPDX-License-Identifier: MIT

/// The interface of every store, with or without enhancers.
///
/// All members can be called from any thread. A reducer must not call any of them, and the body of
/// `withState` must only read; violations are reported and never deadlock.
public protocol StoreProtocol<State, Action>: AnyObject, Sendable {
    /// The type of the store's state.
    associatedtype State: Sendable
    /// The type of the actions that change the state.
    associatedtype Action: Sendable

    /// The newest state.
    var state: State { get }

    /// Reads the newest state in place, under the lock and without copying it.
    ///
    /// If a copy outlives the body, the next change has to copy what it changes.
    func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result

    /// Applies an action to the state, then calls the subscribers on this thread.
    ///
    /// - Returns: The action, or another one returned by a middleware.
    @discardableResult func dispatch(_ action: Action) -> Action

    /// Calls `body` after each completed dispatch, in the order of subscription.
    ///
    /// The subscriber list is fixed when the notification of a dispatch begins. `body` can
    /// dispatch, which completes before the outer notification continues. Dispatches on two threads
    /// may notify at the same time.
    ///
    /// - Returns: A token that cancels the subscription when it is released.
    func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription

    /// Replaces the reducer, keeping the state; new parts then create their state.
    func replaceReducer(_ reducer: Reducer<State, Action>)

    /// Returns the states from now on, starting with the current one.
    ///
    /// - Parameters:
    ///   - policy: What to do if the reader is slower than the store.
    ///   - limit: The maximum number of states kept for a slow reader with ``StatePolicy/every``,
    ///     at least 1; the oldest are dropped and counted.
    func states(_ policy: StatePolicy, limit: Int) -> StateUpdates<State>

    /// Permanently ends all subscriptions and state sequences.
    ///
    /// The state can still be read, and actions still change it.
    func close()

    /// Returns the additional interface of one of this store's enhancers, or `nil` if none provides
    /// it.
    func enhancement<Part>(_ type: Part.Type) -> Part?
}

extension StoreProtocol {
    /// Returns this store if it is a `Part`.
    public func enhancement<Part>(_ type: Part.Type) -> Part? { self as? Part }

    /// The states from now on, starting with the current one; a slow reader only sees the newest.
    public var states: StateSequence<State> {
        StateSequence(updates: states(.newest, limit: 1))
    }

    /// Returns the states from now on, keeping up to 256 states for a slow reader.
    public func states(_ policy: StatePolicy) -> StateUpdates<State> {
        states(policy, limit: 256)
    }

    /// Returns the states as subscribers see them: one per notification, read when it happens.
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
