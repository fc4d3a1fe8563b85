// SPDX-License-Identifier: MIT
internal import DequeModule
internal import Synchronization

/// The states waiting for one reader.
final class StateFeed<State: Sendable>: Sendable {
    private struct Waiting: Sendable {
        var states = Deque<State>()
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
            waiting.states.append(state)
            guard waiting.states.count > limit else { return nil }
            waiting.missed += 1
            return waiting.states.popFirst()
        }
    }

    func take() -> StateUpdate<State>? {
        waiting.withLock { waiting in
            guard let state = waiting.states.popFirst() else { return nil }
            defer { waiting.missed = 0 }
            return StateUpdate(state: state, missed: waiting.missed)
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
