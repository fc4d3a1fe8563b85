// SPDX-License-Identifier: MIT

import Synchronization

/// Tells the writer of one connection that there is something to do.
///
/// Raising it any number of times before it is awaited wakes the writer once: what there is to send
/// is asked of the replica, so nothing can be lost and nothing queues up here.
public final class SessionSignal: Sendable {
    /// What the writer is to do.
    public enum News: Sendable {
        /// There may be lines to send.
        case work
        /// The peer ended its half: send what there is, then end ours.
        case peerEnded
        /// End the connection now.
        case close(LinkClosing)
    }

    private struct State {
        var hasWork = false
        var peerEnded = false
        var closing: LinkClosing?
        var waiter: CheckedContinuation<News, Never>?
        var closeWaiter: CheckedContinuation<LinkClosing, Never>?

        mutating func take() -> News? {
            if let closing { return .close(closing) }
            if hasWork {
                hasWork = false
                return .work
            }
            return peerEnded ? .peerEnded : nil
        }
    }

    private let state = Mutex(State())

    /// Makes a signal that is not raised.
    public init() {}

    /// There may be lines to send.
    public func raiseWork() { raise { $0.hasWork = true } }

    /// The peer ended its half.
    public func raisePeerEnded() { raise { $0.peerEnded = true } }

    /// The connection shall end; the first reason counts.
    public func raiseClose(_ reason: LinkClosing) {
        raise { $0.closing = $0.closing ?? reason }
        let resumption = state.withLock { state in
            defer { state.closeWaiter = nil }
            return state.closeWaiter.map { ($0, state.closing ?? reason) }
        }
        if let (waiter, reason) = resumption { waiter.resume(returning: reason) }
    }

    /// Waits until the connection shall end; one task at a time.
    ///
    /// A writer that waits for a peer that has stopped reading would not hear of it.
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

    /// Waits for news; one task at a time.
    ///
    /// A cancelled task gets ``News/close(_:)``.
    public func next() async -> News {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let news: News? = state.withLock { state in
                    if let news = state.take() { return news }
                    state.waiter = continuation
                    return nil
                }
                if let news { continuation.resume(returning: news) }
            }
        } onCancel: {
            raiseClose(.shutdown)
        }
    }

    private func raise(_ change: (inout State) -> Void) {
        let resumption: (CheckedContinuation<News, Never>, News)? = state.withLock { state in
            change(&state)
            guard let waiter = state.waiter, let news = state.take() else { return nil }
            state.waiter = nil
            return (waiter, news)
        }
        if let (waiter, news) = resumption { waiter.resume(returning: news) }
    }
}
