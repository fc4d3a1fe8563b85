// SPDX-License-Identifier: MIT

import Synchronization

/// Signals to the writer of one connection that there is something to do.
///
/// Raising it any number of times before it is awaited wakes the writer once. The writer then asks
/// the replica what to send, so nothing can be lost, and nothing queues up here.
public final class SessionSignal: Sendable {
    /// What the writer must do.
    public enum Event: Sendable {
        /// There may be lines to send.
        case work
        /// The peer ended its half; send what there is, then end our half.
        case peerEnded
        /// End the connection now.
        case close(LinkClosing)
    }

    private struct State {
        var hasWork = false
        var peerEnded = false
        var closing: LinkClosing?
        var waiter: CheckedContinuation<Event, Never>?
        var closeWaiter: CheckedContinuation<LinkClosing, Never>?

        mutating func take() -> Event? {
            if let closing { return .close(closing) }
            if hasWork {
                hasWork = false
                return .work
            }
            return peerEnded ? .peerEnded : nil
        }
    }

    private let state = Mutex(State())

    /// Creates a signal that is not raised.
    public init() {}

    /// Signals that there may be lines to send.
    public func raiseWork() { raise { $0.hasWork = true } }

    /// Signals that the peer ended its half.
    public func raisePeerEnded() { raise { $0.peerEnded = true } }

    /// Signals that the connection must end; the first reason counts.
    public func raiseClose(_ reason: LinkClosing) {
        raise { $0.closing = $0.closing ?? reason }
        let resumption = state.withLock { state in
            defer { state.closeWaiter = nil }
            return state.closeWaiter.map { ($0, state.closing ?? reason) }
        }
        if let (waiter, reason) = resumption { waiter.resume(returning: reason) }
    }

    /// Waits until the connection must end; one task at a time.
    ///
    /// A writer blocked by a peer that has stopped reading would not notice by itself.
    func closed() async -> LinkClosing {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let closing: LinkClosing? = state.withLock { state in
                    if state.closing == nil { state.closeWaiter = continuation }
                    return state.closing
                }
                if let closing { continuation.resume(returning: closing) }
            }
        } onCancel: {
            raiseClose(.shutdown)
        }
    }

    /// Waits for the next event; one task at a time.
    ///
    /// A cancelled task gets ``Event/close(_:)``.
    public func next() async -> Event {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let event: Event? = state.withLock { state in
                    if let event = state.take() { return event }
                    state.waiter = continuation
                    return nil
                }
                if let event { continuation.resume(returning: event) }
            }
        } onCancel: {
            raiseClose(.shutdown)
        }
    }

    private func raise(_ change: (inout State) -> Void) {
        let resumption: (CheckedContinuation<Event, Never>, Event)? = state.withLock { state in
            change(&state)
            guard let waiter = state.waiter, let event = state.take() else { return nil }
            state.waiter = nil
            return (waiter, event)
        }
        if let (waiter, event) = resumption { waiter.resume(returning: event) }
    }
}
