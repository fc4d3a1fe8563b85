// SPDX-License-Identifier: MIT
public import Observation
internal import Synchronization

/// An observable store for views, isolated to the main actor, with the state's properties as its
/// own.
///
/// A dispatch through it takes effect immediately. Changes from elsewhere arrive in the next turn
/// of the main actor, combined into one update.
@MainActor @Observable @dynamicMemberLookup
public final class ObservableStore<State: Sendable, Action: Sendable> {
    /// The state as last received on the main actor.
    public private(set) var state: State

    /// The underlying store.
    @ObservationIgnored public let store: any StoreProtocol<State, Action>
    @ObservationIgnored private var subscription: Subscription?
    @ObservationIgnored private let refresh = PendingRefresh()

    /// Creates an observable view of `store`, which it retains.
    public init(_ store: any StoreProtocol<State, Action>) {
        self.store = store
        state = store.state
        subscription = store.subscribe { [weak self, refresh] in
            guard refresh.begin() else { return }
            Task { @MainActor [weak self] in self?.update() }
        }
        // Pick up changes made between the first read and the subscription.
        state = store.state
    }

    /// Accesses a property of the state.
    public subscript<Value>(dynamicMember path: KeyPath<State, Value>) -> Value {
        state[keyPath: path]
    }

    /// Dispatches an action and updates ``state`` before it returns.
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        // Our own notification need not schedule an update.
        _ = refresh.begin()
        defer { update() }
        return store.dispatch(action)
    }

    private func update() {
        // In this order, so that a change after `end()` schedules another update.
        refresh.end()
        state = store.state
    }
}

/// Whether an update on the main actor is already scheduled.
private final class PendingRefresh: Sendable {
    private let isPending = Atomic(false)

    /// Marks an update as scheduled, and returns whether the caller must schedule it.
    func begin() -> Bool { !isPending.exchange(true, ordering: .acquiringAndReleasing) }
    func end() { isPending.store(false, ordering: .sequentiallyConsistent) }
}
