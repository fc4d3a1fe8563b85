// SPDX-License-Identifier: MIT
internal import Synchronization

/// What a sequence of states does with a reader that is slower than the store.
public struct StatePolicy: Hashable, Sendable {
    private enum Value { case newest, every }
    private let value: Value

    /// The reader skips to the newest state and nothing is kept for it: right for what is shown.
    public static let newest = StatePolicy(value: .newest)
    /// Each state is kept up to a limit, then the oldest give way and are counted: right for logs.
    ///
    /// What is kept is a copy, so the next change copies what it touches.
    public static let every = StatePolicy(value: .every)
}

/// One state out of a sequence of states.
public struct StateUpdate<State: Sendable>: Sendable {
    /// The state.
    public let state: State
    /// How many states directly before this one were dropped because the reader was too slow.
    public let missed: Int
}

/// What is waiting for one reader of states.
final class StateFeed<State: Sendable>: Sendable {
    private struct Waiting: Sendable {
        var states: [State] = []
        /// Index of the oldest in `states`, which is a ring once it is full.
        var oldest = 0
        var count = 0
        var missed = 0
    }

    let limit: Int
    private let waiting = Mutex(Waiting())
    private let signal: AsyncStream<Void>.Continuation
    let signals: AsyncStream<Void>

    init(limit: Int) {
        precondition(limit > 0, "a sequence of states needs room for at least one")
        self.limit = limit
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func keep(_ state: State) {
        // What gives way is released after the lock.
        _ = waiting.withLock { waiting -> State? in
            if waiting.count < limit {
                let end = (waiting.oldest + waiting.count) % limit
                waiting.count += 1
                if end == waiting.states.count {
                    waiting.states.append(state)
                } else {
                    waiting.states[end] = state
                }
                return nil
            }
            let old = waiting.states[waiting.oldest]
            waiting.states[waiting.oldest] = state
            waiting.oldest = (waiting.oldest + 1) % limit
            waiting.missed += 1
            return old
        }
    }

    func take() -> StateUpdate<State>? {
        waiting.withLock { waiting in
            guard waiting.count > 0 else { return nil }
            let update = StateUpdate(
                state: waiting.states[waiting.oldest], missed: waiting.missed)
            waiting.oldest = (waiting.oldest + 1) % limit
            waiting.count -= 1
            waiting.missed = 0
            if waiting.count == 0 {
                // Nothing waits, so nothing is held that would cost the store its uniqueness.
                waiting.states.removeAll(keepingCapacity: true)
                waiting.oldest = 0
            }
            return update
        }
    }

    func wake() { signal.yield() }
    func end() { signal.finish() }
}

/// Ends a feed when the last one who could wake it is gone.
///
/// The subscriber of a sequence holds the feed through this, so the sequence ends when the store
/// drops the subscriber: when it is closed and when it is released, without knowing of either.
final class FeedEnd<State: Sendable>: Sendable {
    let feed: StateFeed<State>
    init(_ feed: StateFeed<State>) { self.feed = feed }
    deinit { feed.end() }
}

/// The states of a store, the current one first; ends when the store is closed or released.
///
/// Each iteration is on its own, starts where the store then is, and does not keep the store
/// alive. Ending it ends its subscription.
public struct StateUpdates<State: Sendable>: AsyncSequence, Sendable {
    typealias Source = (subscription: Subscription, read: @Sendable () -> State?)

    let policy: StatePolicy
    let limit: Int
    /// Subscribes a feed; `nil` when the store is gone.
    let open: @Sendable (FeedEnd<State>) -> Source?

    init(
        policy: StatePolicy, limit: Int, open: @escaping @Sendable (FeedEnd<State>) -> Source?
    ) {
        self.policy = policy
        self.limit = limit
        self.open = open
    }

    /// Begins an iteration: from here on each dispatch counts.
    public func makeAsyncIterator() -> Iterator {
        let feed = StateFeed<State>(limit: policy == .every ? limit : 1)
        let source = open(FeedEnd(feed))
        return Iterator(
            feed: feed, source: source, signals: feed.signals.makeAsyncIterator(),
            isStarting: true, keepsStates: policy == .every)
    }

    /// One iteration over the states of a store.
    public struct Iterator: AsyncIteratorProtocol {
        let feed: StateFeed<State>
        let source: Source?
        var signals: AsyncStream<Void>.Iterator
        var isStarting: Bool
        let keepsStates: Bool

        /// The next state, or `nil` when the store is closed or gone, or the task is cancelled.
        public mutating func next() async -> StateUpdate<State>? {
            await next(isolation: nil)
        }

        /// The next state, or `nil` when the store is closed or gone, or the task is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> StateUpdate<State>? {
            if keepsStates {
                while true {
                    if let update = feed.take() { return update }
                    guard await signals.next(isolation: actor) != nil else { return feed.take() }
                }
            }
            if isStarting {
                isStarting = false
            } else if await signals.next(isolation: actor) == nil {
                return nil
            }
            return source?.read().map { StateUpdate(state: $0, missed: 0) }
        }
    }
}

/// The states of a store, the current one first and then the newest one each time.
///
/// A reader that is slow skips states. See ``StateUpdates`` for the rest.
public struct StateSequence<State: Sendable>: AsyncSequence, Sendable {
    let updates: StateUpdates<State>

    /// Begins an iteration.
    public func makeAsyncIterator() -> Iterator { Iterator(base: updates.makeAsyncIterator()) }

    /// One iteration over the states of a store.
    public struct Iterator: AsyncIteratorProtocol {
        var base: StateUpdates<State>.Iterator

        /// The newest state, or `nil` when the store is closed or gone, or the task is cancelled.
        public mutating func next() async -> State? { await next(isolation: nil) }

        /// The newest state, or `nil` when the store is closed or gone, or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> State? {
            await base.next(isolation: actor)?.state
        }
    }
}
