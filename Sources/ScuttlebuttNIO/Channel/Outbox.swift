// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime
import Synchronization

/// The buffers a link has yet to write, handed from the sending tasks to the event loop.
///
/// One mutex guards all state. `wake` schedules one call of ``LinkHandler/drain()`` on the event
/// loop. It is called only if none is already scheduled, so a burst of sends costs one hop and one
/// flush.
final class Outbox: Sendable {
    /// What to do once everything queued has been written.
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

    /// Queues `buffer` and waits until there is room for more.
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
        if waits { try await waitForRoom(ticket) }
    }

    private func waitForRoom(_ ticket: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Waiter) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if let failure = state.failure { return .failure(failure) }
                    if state.isWritable && state.queuedByteCount <= bound { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    precondition(state.sender == nil, "two tasks are sending on one link")
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

    /// Rejects further sends, requests `ending` after everything queued, and waits until that is
    /// done or the channel is closed.
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

    /// Removes and returns everything queued.
    ///
    /// Must be called on the event loop.
    func take() -> (buffers: [ByteBuffer], ending: Ending?) {
        state.withLock { state in
            state.isScheduled = false
            state.queuedByteCount = 0
            defer { state.queue = [] }
            return (state.queue, state.ending)
        }
    }

    /// Records whether the channel is writable, and resumes the sender if there is room.
    func update(isWritable: Bool) {
        let sender = state.withLock { state -> Waiter? in
            state.isWritable = isWritable
            guard isWritable, state.queuedByteCount <= bound else { return nil }
            defer { state.sender = nil }
            return state.sender?.continuation
        }
        sender?.resume()
    }

    /// Fails the sender and further sends, and drops everything queued.
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

    /// Resumes the callers of ``end(_:wake:)`` after the ending was performed.
    func ended() { resumeClosers(isGone: false) }

    /// Fails the sender and resumes all callers after the channel has closed.
    func channelClosed(_ error: LinkError) {
        fail(error)
        resumeClosers(isGone: true)
    }

    private func resumeClosers(isGone: Bool) {
        let closers = state.withLock { state in
            state.isGone = state.isGone || isGone
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    private static let closed = LinkError(.closed, "the link was closed by this side")
}
