// SPDX-License-Identifier: MIT
internal import Synchronization

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
