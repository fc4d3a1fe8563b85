// SPDX-License-Identifier: MIT

public import Scuttlebutt
import Synchronization

/// The token of one observer: dropping it cancels, so keep it as long as you want to hear.
///
/// It does not keep the replica alive.
public final class ReplicaSubscription: Sendable {
    private let removal: Mutex<(@Sendable () -> Void)?>

    init(_ removal: @escaping @Sendable () -> Void) { self.removal = Mutex(removal) }

    /// Ends the observation; doing it again is harmless.
    ///
    /// A call that had begun before goes on to its end.
    public func cancel() {
        let removal = removal.withLock { removal in
            defer { removal = nil }
            return removal
        }
        removal?()
    }

    deinit { cancel() }
}

/// What waits for one reader: the newest elements up to a limit, and how many gave way.
final class ReplicaFeed<Element: Sendable>: Sendable {
    struct Batch: Sendable {
        var elements: ArraySlice<Element>
        var missed: Int
        var isReset: Bool
    }

    private struct Waiting: Sendable {
        var elements: [Element] = []
        /// How many of `elements` gave way; removed by halves, so that one costs O(1).
        var start = 0
        var missed = 0
        var isReset = false
    }

    private let limit: Int
    private let waiting = Mutex(Waiting())
    private let signal: AsyncStream<Void>.Continuation
    let signals: AsyncStream<Void>

    init(limit: Int) {
        self.limit = max(limit, 1)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func push(_ more: some Collection<Element> & Sendable, missed: Int = 0, isReset: Bool = false) {
        waiting.withLock { waiting in
            waiting.elements.append(contentsOf: more)
            waiting.missed += missed
            waiting.isReset = waiting.isReset || isReset
            let surplus = waiting.elements.count - waiting.start - limit
            guard surplus > 0 else { return }
            waiting.start += surplus
            waiting.missed += surplus
            if waiting.start > waiting.elements.count / 2 {
                waiting.elements.removeFirst(waiting.start)
                waiting.start = 0
            }
        }
        signal.yield()
    }

    /// Everything that waits, or at most `count` of it; `nil` when nothing does.
    func take(_ count: Int = .max) -> Batch? {
        waiting.withLock { waiting in
            let waits = waiting.elements.count - waiting.start
            guard waits > 0 || waiting.isReset || waiting.missed > 0 else { return nil }
            let end = waiting.start + min(count, waits)
            let batch = Batch(
                elements: waiting.elements[waiting.start..<end], missed: waiting.missed,
                isReset: waiting.isReset)
            waiting.missed = 0
            waiting.isReset = false
            waiting.start = end
            if end == waiting.elements.count {
                waiting.elements = []
                waiting.start = 0
            }
            return batch
        }
    }

    func end() { signal.finish() }
}

/// Ends a feed when the last one who could fill it is gone.
final class ReplicaFeedEnd<Element: Sendable>: Sendable {
    let feed: ReplicaFeed<Element>
    init(_ feed: ReplicaFeed<Element>) { self.feed = feed }
    deinit { feed.end() }
}

/// The changes of a replica from the begin of an iteration on; ends when the replica is shut down.
///
/// What changed while the reader was busy comes as one batch. Of more than
/// ``ReplicaOptions/changeLimit`` the newest are kept, and ``ReplicaChanges/missed`` tells.
public struct ReplicaChangeSequence<Change: Sendable>: AsyncSequence, Sendable {
    let limit: Int
    let open: @Sendable (ReplicaFeedEnd<Change>) -> ReplicaSubscription

    /// Begins an iteration: from here on each change counts.
    public func makeAsyncIterator() -> Iterator {
        let feed = ReplicaFeed<Change>(limit: limit)
        let subscription = open(ReplicaFeedEnd(feed))
        return Iterator(
            feed: feed, subscription: subscription, signals: feed.signals.makeAsyncIterator())
    }

    /// One iteration over the changes of a replica.
    public struct Iterator: AsyncIteratorProtocol {
        let feed: ReplicaFeed<Change>
        let subscription: ReplicaSubscription
        var signals: AsyncStream<Void>.Iterator

        /// The next changes, or `nil` at the end or when the task is cancelled.
        public mutating func next() async -> ReplicaChanges<Change>? {
            await next(isolation: nil)
        }

        /// The next changes, or `nil` at the end or when the task is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> ReplicaChanges<Change>? {
            while true {
                if let batch = feed.take() {
                    return ReplicaChanges(
                        Array(batch.elements), missed: batch.missed, isReset: batch.isReset)
                }
                // What was kept before the end is still told.
                guard await signals.next(isolation: actor) != nil else {
                    guard !Task.isCancelled, let batch = feed.take() else { return nil }
                    return ReplicaChanges(
                        Array(batch.elements), missed: batch.missed, isReset: batch.isReset)
                }
            }
        }
    }
}

/// The events of a replica from the begin of an iteration on; ends when the replica is shut down.
///
/// Of more than ``ReplicaOptions/eventLimit`` the newest are kept, behind a
/// ``ReplicaEvent/missed(_:)``.
public struct ReplicaEventSequence: AsyncSequence, Sendable {
    let limit: Int
    let open: @Sendable (ReplicaFeedEnd<ReplicaEvent>) -> ReplicaSubscription

    /// Begins an iteration: from here on each event counts.
    public func makeAsyncIterator() -> Iterator {
        let feed = ReplicaFeed<ReplicaEvent>(limit: limit)
        let subscription = open(ReplicaFeedEnd(feed))
        return Iterator(
            feed: feed, subscription: subscription, signals: feed.signals.makeAsyncIterator())
    }

    /// One iteration over the events of a replica.
    public struct Iterator: AsyncIteratorProtocol {
        let feed: ReplicaFeed<ReplicaEvent>
        let subscription: ReplicaSubscription
        var signals: AsyncStream<Void>.Iterator
        /// What was taken together with a count of missed ones, which is told first.
        var next: ReplicaEvent?

        init(
            feed: ReplicaFeed<ReplicaEvent>, subscription: ReplicaSubscription,
            signals: AsyncStream<Void>.Iterator
        ) {
            self.feed = feed
            self.subscription = subscription
            self.signals = signals
        }

        /// The next event, or `nil` at the end or when the task is cancelled.
        public mutating func next() async -> ReplicaEvent? { await next(isolation: nil) }

        /// The next event, or `nil` at the end or when the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> ReplicaEvent? {
            if let event = next {
                next = nil
                return event
            }
            while true {
                if let event = take() { return event }
                guard await signals.next(isolation: actor) != nil else {
                    return Task.isCancelled ? nil : take()
                }
            }
        }

        private mutating func take() -> ReplicaEvent? {
            guard let batch = feed.take(1) else { return nil }
            guard batch.missed > 0 else { return batch.elements.first }
            next = batch.elements.first
            return .missed(batch.missed)
        }
    }
}
