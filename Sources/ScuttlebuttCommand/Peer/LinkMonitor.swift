// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// Prints connection changes to stderr, and lets the subcommand wait for the first link to open or
/// the only one to be lost.
final class LinkMonitor: Sendable {
    private struct State {
        var hasOpened = false
        var failure: String?
        var lastMessage = ""
        /// Whether another process connects, and that has been said.
        var standsBy = false
        var observer: Int?
    }

    /// Opens when the first dial attempt has succeeded or failed.
    let settled = Latch()
    /// Opens when the first link is open.
    let opened = Latch()
    /// Opens when both sides have ended a conversation.
    let finished = Latch()
    /// Opens when a link is lost, cannot be opened, or must not be dialled again.
    let lost = Latch()

    private let swarm: Swarm
    private let printsFailures: Bool
    private let state = Mutex(State())

    /// Creates a watch on a swarm.
    ///
    /// - Parameter printsFailures: Whether to print a failure when it happens. If false, the
    ///   subcommand reports it when it exits.
    init(_ swarm: Swarm, printsFailures: Bool = true) {
        self.swarm = swarm
        self.printsFailures = printsFailures
        let observer = swarm.observe { [weak self] in self?.note($0) }
        state.withLock { $0.observer = observer }
    }

    /// Whether any link has been open so far.
    var hasOpened: Bool { state.withLock { $0.hasOpened } }
    /// Whether another process connects for this one.
    var standsBy: Bool { state.withLock { $0.standsBy } }
    /// The reason there is no link, for people.
    var failure: String? { state.withLock { $0.failure } }

    /// Stops watching, because links that end from now on are closed by us.
    func stop() async {
        if let observer = state.withLock({ $0.observer }) { swarm.stopObserving(observer) }
    }

    /// Waits for a task, cancelling it if the calling task is cancelled.
    ///
    /// - Parameter whenLost: Whether to cancel it as well when the link is lost.
    func end(_ task: Task<Void, any Error>, whenLost: Bool) async -> Result<Void, any Error> {
        // Only if wanted: a watcher that is cancelled at once may already have seen the loss.
        let watcher =
            whenLost
            ? Task {
                await lost.wait()
                if !Task.isCancelled { task.cancel() }
            } : nil
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        watcher?.cancel()
        return result
    }

    private func note(_ event: SwarmEvent) {
        switch event {
        case .dialing(let status):
            guard case .standingBy = status.phase else { break }
            let isNew = state.withLock { state in
                defer { state.standsBy = true }
                return !state.standsBy
            }
            if isNew { print("another process that shares the store connects for this one") }
            settled.open()
        case .linkOpened(let name):
            state.withLock { state in
                state.hasOpened = true
                state.failure = nil
                state.standsBy = false
                state.lastMessage = ""
            }
            print("connected to \(name)")
            opened.open()
            settled.open()
        case .linkClosed(let name, let ending):
            let text = "disconnected from \(name)\(LinkMonitor.reason(ending))"
            fail(text)
            if case .finished = ending { finished.open() }
        case .dialFailed(_, _, let reason):
            fail(reason)
            settled.open()
        case .gaveUp(let name, let reason):
            if failure == nil { fail("not redialling \(name): \(reason)") }
            settled.open()
            lost.open()
        }
    }

    private func fail(_ text: String) {
        state.withLock { $0.failure = text }
        if printsFailures { print(text) }
        lost.open()
    }

    private static func reason(_ ending: SessionEnding) -> String {
        switch ending {
        case .finished: ": both sides have finished"
        case .dismissed: ": the server asked us not to come back"
        case .lost(let error): ": \(error.message)"
        case .fault(let error): ": \(error.message)"
        case .shutdown: ""
        }
    }

    /// Prints a message unless it repeats the last one, so that an unreachable server does not
    /// flood the terminal.
    private func print(_ text: String) {
        let isNew = state.withLock { state in
            defer { state.lastMessage = text }
            return state.lastMessage != text
        }
        if isNew { StandardError.shared.note(text) }
    }
}
