// SPDX-License-Identifier: MIT

import DequeModule
import Synchronization

/// The elements that wait for one reader: the newest up to a limit, and the number of older ones
/// that were dropped.
final class ReplicaFeed<Element: Sendable>: Sendable {
    struct Batch: Sendable {
        var elements: [Element] = []
        var missed = 0
        var isReset = false
    }

    private struct Waiting: Sendable {
        var elements: Deque<Element> = []
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
            let surplus = waiting.elements.count - limit
            guard surplus > 0 else { return }
            waiting.elements.removeFirst(surplus)
            waiting.missed += surplus
        }
        signal.yield()
    }

    /// Takes everything that waits, or at most `count` elements of it; `nil` if nothing waits.
    func take(_ count: Int = .max) -> Batch? {
        waiting.withLock { waiting in
            guard !waiting.elements.isEmpty || waiting.isReset || waiting.missed > 0 else {
                return nil
            }
            let batch = Batch(
                elements: Array(waiting.elements.prefix(count)), missed: waiting.missed,
                isReset: waiting.isReset)
            var rest = Waiting()
            if batch.elements.count < waiting.elements.count {
                swap(&rest.elements, &waiting.elements)
                rest.elements.removeFirst(batch.elements.count)
            }
            waiting = rest
            return batch
        }
    }

    func end() { signal.finish() }
}

/// Ends a feed when the last object that could fill it is released.
final class ReplicaFeedEnd<Element: Sendable>: Sendable {
    let feed: ReplicaFeed<Element>
    init(_ feed: ReplicaFeed<Element>) { self.feed = feed }
    deinit { feed.end() }
}
