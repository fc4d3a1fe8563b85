// SPDX-License-Identifier: MIT

import DequeModule
import Synchronization

/// The accepted links that are waiting for `accept()`, for every kind of listener.
package final class AcceptQueue: Sendable {
    private struct State {
        var links = Deque<any Link>()
        var waiters = Deque<(ticket: Int, continuation: CheckedContinuation<(any Link)?, Never>)>()
        var ticket = 0
        var isClosed = false
    }

    /// The maximum number of waiting links, like the backlog of `listen(2)`.
    package let bound: Int
    private let state = Mutex(State())

    /// Creates an empty queue for at most `bound` waiting links.
    package init(bound: Int = 1_024) { self.bound = bound }

    /// Adds a link.
    ///
    /// - Returns: `false` if the queue is full or closed, in which case the caller releases the
    ///   link.
    package func offer(_ link: any Link) -> Bool {
        let (taken, waiter) = state.withLock {
            state -> (Bool, CheckedContinuation<(any Link)?, Never>?) in
            if state.isClosed { return (false, nil) }
            if let waiter = state.waiters.popFirst() { return (true, waiter.continuation) }
            guard state.links.count < bound else { return (false, nil) }
            state.links.append(link)
            return (true, nil)
        }
        waiter?.resume(returning: link)
        return taken
    }

    /// Returns the next link, or `nil` once the queue is closed or the task is cancelled.
    package func next() async -> (any Link)? {
        let ticket = state.withLock { state in
            state.ticket += 1
            return state.ticket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> (any Link)?? in
                    if let link = state.links.popFirst() { return .some(link) }
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

    /// Closes the queue: waiting and later callers get `nil`, and waiting links are released.
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
