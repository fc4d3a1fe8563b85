// SPDX-License-Identifier: MIT
internal import Synchronization

/// An enhancer that lets your function decide when subscribers are notified.
///
/// The function is called after each dispatch, when the state is up to date, and receives `notify`.
/// It can call `notify` immediately, later, or once for several dispatches; each call notifies
/// everyone subscribed at that moment. The function runs on the dispatching thread, and may run on
/// several threads at once.
public struct BatchedNotification: StoreEnhancer {
    let schedule: @Sendable (_ notify: @escaping @Sendable () -> Void) -> Void

    /// Creates an enhancer that calls `schedule` after each dispatch.
    public init(_ schedule: @escaping @Sendable (_ notify: @escaping @Sendable () -> Void) -> Void)
    {
        self.schedule = schedule
    }

    /// Returns a creator whose stores notify when the function does.
    public func enhance(_ next: any StoreCreator) -> any StoreCreator {
        Creator(next: next, schedule: schedule)
    }

    private struct Creator: StoreCreator {
        let next: any StoreCreator
        let schedule: @Sendable (@escaping @Sendable () -> Void) -> Void

        func create<State: Sendable, Action: Sendable>(
            _ initial: State?, _ reducer: Reducer<State, Action>
        ) throws -> any StoreProtocol<State, Action> {
            BatchedStore(base: try next.create(initial, reducer), schedule: schedule)
        }
    }
}

private final class BatchedStore<State: Sendable, Action: Sendable>:
    StoreWrapper, ImmediateSubscribing
{
    let base: any StoreProtocol<State, Action>
    private let registry: Registry
    private let upstream: Subscription

    init(
        base: any StoreProtocol<State, Action>,
        schedule: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        let registry = Registry()
        self.base = base
        self.registry = registry
        // If `notify` outlives the store, it retains only the registry.
        upstream = base.subscribe { schedule { registry.notify() } }
    }

    func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
        registry.subscribe(body)
    }

    func subscribeImmediately(_ body: @escaping @Sendable () -> Void) -> Subscription {
        base.subscribe(body)
    }

    func close() {
        registry.close()
        base.close()
    }

    /// The subscribers that are notified in batches.
    final class Registry: Sendable {
        /// `nil` once the store is closed.
        private let list = Mutex<SubscriberList?>(SubscriberList())

        func notify() {
            let subscribers = list.withLock { $0?.subscribers ?? [] }
            for subscriber in subscribers { subscriber.body() }
        }

        func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
            guard let id = list.withLock({ $0?.add(body) }) else {
                return Subscription(removal: nil)
            }
            return Subscription { [weak self] in self?.remove(id) }
        }

        private func remove(_ id: UInt64) {
            let removed = list.withLock { $0?.remove(id) }
            withExtendedLifetime(removed) {}
        }

        func close() {
            let removed = list.withLock { list in
                defer { list = nil }
                return list
            }
            withExtendedLifetime(removed) {}
        }
    }
}
