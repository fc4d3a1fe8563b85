// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// Tells people how the connections stand, and the verb when the first has opened or the only one
/// was lost.
final class LinkWatch: Sendable {
    private struct State {
        var hasOpened = false
        var failure: String?
        var lastRemark = ""
        var observer: Int?
    }

    /// Opens when the first dialling has succeeded or failed.
    let settled = Latch()
    /// Opens when the first link is there.
    let opened = Latch()
    /// Opens when a conversation was ended by both sides.
    let finished = Latch()
    /// Opens when a link was lost, could not be made, or may not be made again.
    let lost = Latch()

    private let swarm: Swarm
    private let remarksFailures: Bool
    private let state = Mutex(State())

    /// - Parameter remarksFailures: Whether a failure is told at once; else it is the verb's last
    ///   word.
    init(_ swarm: Swarm, remarksFailures: Bool = true) {
        self.swarm = swarm
        self.remarksFailures = remarksFailures
        let observer = swarm.observe { [weak self] in self?.note($0) }
        state.withLock { $0.observer = observer }
    }

    /// Whether any link was open so far.
    var hasOpened: Bool { state.withLock { $0.hasOpened } }
    /// Why there is no link, for people.
    var failure: String? { state.withLock { $0.failure } }

    /// Stops watching: what is lost from now on was ended by us.
    func stop() async {
        if let observer = state.withLock({ $0.observer }) { swarm.stopObserving(observer) }
    }

    /// Waits for a task; cancels it with the calling one and, if so wished, with the link.
    func end(_ task: Task<Void, any Error>, whenLost: Bool) async -> Result<Void, any Error> {
        let watcher = Task {
            await lost.wait()
            if !Task.isCancelled { task.cancel() }
        }
        if !whenLost { watcher.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        watcher.cancel()
        return result
    }

    private func note(_ event: SwarmEvent) {
        switch event {
        case .dialing:
            break
        case .linkOpened(let name):
            state.withLock { state in
                state.hasOpened = true
                state.failure = nil
                state.lastRemark = ""
            }
            remark("Connected with \(name).")
            opened.open()
            settled.open()
        case .linkClosed(let name, let ending):
            let text = "The connection with \(name) has ended\(LinkWatch.reason(ending))."
            fail(text)
            if case .finished = ending { finished.open() }
        case .dialFailed(_, _, let reason):
            fail(reason)
            settled.open()
        case .gaveUp(let name, let reason):
            if failure == nil { fail("\(name) is not dialled again: \(reason).") }
            settled.open()
            lost.open()
        }
    }

    private func fail(_ text: String) {
        state.withLock { $0.failure = text }
        if remarksFailures { remark(text) }
        lost.open()
    }

    private static func reason(_ ending: SessionEnding) -> String {
        switch ending {
        case .finished: " on both sides"
        case .dismissed: ": the server asked us not to come back"
        case .lost(let error): ": \(error.message.trimmingPeriod)"
        case .fault(let error): ": \(error.message)"
        case .shutdown: ""
        }
    }

    /// One remark for each change; a server that stays away does not fill the screen.
    private func remark(_ text: String) {
        let isNew = state.withLock { state in
            defer { state.lastRemark = text }
            return state.lastRemark != text
        }
        if isNew { StandardError.shared.note(text) }
    }
}

extension String {
    /// The text without a full stop at its end, to be put into a sentence.
    fileprivate var trimmingPeriod: Substring { hasSuffix(".") ? dropLast() : self[...] }
}
