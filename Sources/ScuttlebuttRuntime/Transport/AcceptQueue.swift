// SPDX-License-Identifier: MIT

import Synchronization

/// Accepted links that wait for `accept()`, for every kind of listener.
package final class AcceptQueue: Sendable {
    private struct State {
        var links: [any Link] = []
        var waiters: [(ticket: Int, continuation: CheckedContinuation<(any Link)?, Never>)] = []
        var ticket = 0
        var isClosed = false
    }

    /// So many accepted links may wait; a further one is refused.
    ///
    /// What `listen(2)` calls backlog.
    package let bound: Int
    private let state = Mutex(State())

    /// Makes an empty queue of at most `bound` waiting links.
    package init(bound: Int = 1_024) { self.bound = bound }

    /// Adds a link; `false` when the queue is full or closed, then the caller drops the link.
    package func offer(_ link: any Link) -> Bool {
        let (taken, waiter) = state.withLock {
            state -> (Bool, CheckedContinuation<(any Link)?, Never>?) in
            if state.isClosed { return (false, nil) }
            if !state.waiters.isEmpty { return (true, state.waiters.removeFirst().continuation) }
            guard state.links.count < bound else { return (false, nil) }
            state.links.append(link)
            return (true, nil)
        }
        waiter?.resume(returning: link)
        return taken
    }

    /// The next link; `nil` once the queue was closed, or when the task is cancelled.
    package func next() async -> (any Link)? {
        let ticket = state.withLock { state in
            state.ticket += 1
            return state.ticket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> (any Link)?? in
                    if !state.links.isEmpty { return .some(state.links.removeFirst()) }
                    if state.isClosed || Task.isCancelled { return .some(nil) }
                    state.waiters.append((ticket, continuation))
                    return .none
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<(any Link)?, Never>? in
                guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
                    return nil
                }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume(returning: nil)
        }
    }

    /// Ends the queue: waiting and later callers get `nil`, waiting links are dropped.
    package func close() {
        let (waiters, dropped) = state.withLock { state in
            defer { (state.waiters, state.links) = ([], []) }
            state.isClosed = true
            return (state.waiters, state.links)
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        _ = dropped
    }
}
