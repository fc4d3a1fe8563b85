// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime
import Synchronization

/// What one link has yet to write: the way from the tasks that send to the event loop.
///
/// One mutex guards all of it. `wake` puts one call of ``LinkHandler/drain()`` on the event loop;
/// it is called only when none is under way, so a burst of sends costs one hop and one flush.
final class Outbox: Sendable {
    /// What shall happen once everything before was written.
    enum Ending: Sendable {
        case finish
        case close(LinkClosing)
    }

    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var queue: [ByteBuffer] = []
        var queuedByteCount = 0
        var isWritable = true
        var isScheduled = false
        var ending: Ending?
        var failure: LinkError?
        var isGone = false
        var ticket = 0
        var sender: (ticket: Int, continuation: Waiter)?
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let bound: Int
    private let state = Mutex(State())

    init(bound: Int) { self.bound = bound }

    /// Queues `buffer` and suspends until there is room for more.
    func send(_ buffer: ByteBuffer, wake: @Sendable () -> Void) async throws {
        try Task.checkCancellation()
        let (wakes, waits, ticket) = try state.withLock { state in
            if let failure = state.failure { throw failure }
            state.queue.append(buffer)
            state.queuedByteCount += buffer.readableBytes
            state.ticket += 1
            defer { state.isScheduled = true }
            return (
                !state.isScheduled, !state.isWritable || state.queuedByteCount > bound, state.ticket
            )
        }
        if wakes { wake() }
        if waits { try await room(ticket) }
    }

    private func room(_ ticket: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Waiter) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if let failure = state.failure { return .failure(failure) }
                    if state.isWritable && state.queuedByteCount <= bound { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    precondition(state.sender == nil, "two tasks send on one link")
                    state.sender = (ticket, continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sender = state.withLock { state -> Waiter? in
                guard state.sender?.ticket == ticket else { return nil }
                defer { state.sender = nil }
                return state.sender?.continuation
            }
            sender?.resume(throwing: CancellationError())
        }
    }

    /// Lets nobody send any more, orders `ending` after what is queued, and returns once that was
    /// done or the connection is gone.
    func end(_ ending: Ending, wake: @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let (wakes, sender) = state.withLock { state -> (Bool?, Waiter?) in
                if state.isGone { return (nil, nil) }
                state.closers.append(continuation)
                switch (state.ending, ending) {
                case (nil, _), (.finish?, .close): state.ending = ending
                case (.finish?, .finish), (.close?, _): break
                }
                state.failure = state.failure ?? Self.closed
                defer { (state.isScheduled, state.sender) = (true, nil) }
                return (!state.isScheduled, state.sender?.continuation)
            }
            sender?.resume(throwing: Self.closed)
            switch wakes {
            case true?: wake()
            case false?: break
            case nil: continuation.resume()
            }
        }
    }

    /// Takes everything that is queued; on the event loop only.
    func take() -> (buffers: [ByteBuffer], ending: Ending?) {
        state.withLock { state in
            state.isScheduled = false
            state.queuedByteCount = 0
            defer { state.queue = [] }
            return (state.queue, state.ending)
        }
    }

    /// After a write: whether the channel takes more.
    ///
    /// Lets the sender go on if so.
    func update(isWritable: Bool) {
        let sender = state.withLock { state -> Waiter? in
            state.isWritable = isWritable
            guard isWritable, state.queuedByteCount <= bound else { return nil }
            defer { state.sender = nil }
            return state.sender?.continuation
        }
        sender?.resume()
    }

    /// The peer takes nothing more; what is queued is dropped.
    func fail(_ error: LinkError) {
        let sender = state.withLock { state -> Waiter? in
            state.failure = state.failure ?? error
            state.queue = []
            state.queuedByteCount = 0
            defer { state.sender = nil }
            return state.sender?.continuation
        }
        sender?.resume(throwing: error)
    }

    /// The ending was performed: those who wait for it go on.
    func ended() { releaseClosers(isGone: false) }

    /// The connection is gone.
    func gone(_ error: LinkError) {
        fail(error)
        releaseClosers(isGone: true)
    }

    private func releaseClosers(isGone: Bool) {
        let closers = state.withLock { state in
            state.isGone = state.isGone || isGone
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    private static let closed = LinkError(.closed, "The link was closed on this side.")
}
