// SPDX-License-Identifier: MIT
public import Observation
internal import Synchronization

/// A store for views: observable, on the main actor, with the parts of the state as properties.
///
/// A dispatch through it shows its effect at once. Changes from elsewhere arrive in the next turn
/// of the main actor, many of them in one step.
@MainActor @Observable @dynamicMemberLookup
public final class ObservableStore<State: Sendable, Action: Sendable> {
    /// The state as last brought over to the main actor.
    public private(set) var state: State

    /// The store behind it.
    @ObservationIgnored public let store: any StoreProtocol<State, Action>
    @ObservationIgnored private var subscription: Subscription?
    @ObservationIgnored private let refresh = PendingRefresh()

    /// Shows the states of `store`, and keeps it alive.
    public init(_ store: any StoreProtocol<State, Action>) {
        self.store = store
        state = store.state
        subscription = store.subscribe { [weak self, refresh] in
            guard refresh.begin() else { return }
            Task { @MainActor [weak self] in self?.update() }
        }
        // What happened between the first look and the subscription.
        state = store.state
    }

    /// A part of the state.
    public subscript<Value>(dynamicMember path: KeyPath<State, Value>) -> Value {
        state[keyPath: path]
    }

    /// Dispatches, and shows the effect before it returns.
    @discardableResult
    public func dispatch(_ action: Action) -> Action {
        // The own notification needs no turn of its own.
        _ = refresh.begin()
        defer { update() }
        return store.dispatch(action)
    }

    private func update() {
        // In this order: what changes after the mark is gone sets it again.
        refresh.end()
        state = store.state
    }
}

/// Whether the main actor is going to look at the state anyway.
private final class PendingRefresh: Sendable {
    private let isPending = Atomic(false)

    /// Says whether the caller is the one who must see to it.
    func begin() -> Bool { !isPending.exchange(true, ordering: .acquiringAndReleasing) }
    func end() { isPending.store(false, ordering: .sequentiallyConsistent) }
}
