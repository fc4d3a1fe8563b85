// SPDX-License-Identifier: MIT
internal import Synchronization

/// What a sequence of states does if its reader is slower than the store.
public struct StatePolicy: Hashable, Sendable {
    private enum Value { case newest, every }
    private let value: Value

    /// Skips to the newest state and keeps nothing for the reader.
    ///
    /// Suitable for views.
    public static let newest = StatePolicy(value: .newest)
    /// Keeps each state up to a limit, and then drops and counts the oldest.
    ///
    /// Suitable for logs.
    ///
    /// A kept state is a copy, so the next change copies what it touches.
    public static let every = StatePolicy(value: .every)
}

/// One element of a sequence of states.
public struct StateUpdate<State: Sendable>: Sendable {
    /// The state.
    public let state: State
    /// The number of states directly before this one that were dropped because the reader was too
    /// slow.
    public let missed: Int
}

/// The states waiting for one reader.
final class StateFeed<State: Sendable>: Sendable {
    private struct Waiting: Sendable {
        var states: [State] = []
        /// The index of the oldest state in `states`, which is a ring once it is full.
        var oldest = 0
        var count = 0
        var missed = 0
    }

    let limit: Int
    private let waiting = Mutex(Waiting())
    private let signal: AsyncStream<Void>.Continuation
    let signals: AsyncStream<Void>

    init(limit: Int) {
        precondition(limit > 0, "the limit of a sequence of states must be at least 1")
        self.limit = limit
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func keep(_ state: State) {
        // A dropped state is released outside of the lock.
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
                // Retain no state, so that the store's remains uniquely referenced.
                waiting.states.removeAll(keepingCapacity: true)
                waiting.oldest = 0
            }
            return update
        }
    }

    func wake() { signal.yield() }
    func end() { signal.finish() }
}

/// Ends a feed when it is released.
///
/// The subscriber of a sequence retains the feed through this, so the sequence ends when the store
/// releases the subscriber, either because it is closed or because it is released itself.
final class FeedEnd<State: Sendable>: Sendable {
    let feed: StateFeed<State>
    init(_ feed: StateFeed<State>) { self.feed = feed }
    deinit { feed.end() }
}

/// The states of a store, starting with the current one, until the store is closed or released.
///
/// Each iteration is independent, starts with the store's state at that time, and does not retain
/// the store. Ending the iteration ends its subscription.
public struct StateUpdates<State: Sendable>: AsyncSequence, Sendable {
    typealias Source = (subscription: Subscription, read: @Sendable () -> State?)

    let policy: StatePolicy
    let limit: Int
    /// Subscribes a feed; returns `nil` if the store was released.
    let open: @Sendable (FeedEnd<State>) -> Source?

    init(
        policy: StatePolicy, limit: Int, open: @escaping @Sendable (FeedEnd<State>) -> Source?
    ) {
        self.policy = policy
        self.limit = limit
        self.open = open
    }

    /// Starts an iteration that covers every dispatch from now on.
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

        /// Returns the next state, or `nil` if the store was closed or released or the task is
        /// cancelled.
        public mutating func next() async -> StateUpdate<State>? {
            await next(isolation: nil)
        }

        /// Returns the next state, or `nil` if the store was closed or released or the task is
        /// cancelled.
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

/// The states of a store, starting with the current one and then always the newest.
///
/// A slow reader skips states. Otherwise it behaves like ``StateUpdates``.
public struct StateSequence<State: Sendable>: AsyncSequence, Sendable {
    let updates: StateUpdates<State>

    /// Starts an iteration.
    public func makeAsyncIterator() -> Iterator { Iterator(base: updates.makeAsyncIterator()) }

    /// One iteration over the states of a store.
    public struct Iterator: AsyncIteratorProtocol {
        var base: StateUpdates<State>.Iterator

        /// Returns the newest state, or `nil` if the store was closed or released or the task is
        /// cancelled.
        public mutating func next() async -> State? { await next(isolation: nil) }

        /// Returns the newest state, or `nil` if the store was closed or released or the task is
        /// cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> State? {
            await base.next(isolation: actor)?.state
        }
    }
}
