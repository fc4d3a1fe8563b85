// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// Performs the notices of a store's engine: folds accepted updates, and reports each event once
/// everything before it is folded.
final class FoldingBatch: Sendable {
    /// Updates and events that wait until the program chooses to fold.
    private struct Waiting: Sendable {
        var updates: [Update] = []
        var events: [ReplicaEvent] = []
        var isScheduled = false
    }

    private let hooks: Dispatcher.Hooks
    private let waiting = Mutex(Waiting())

    init(_ hooks: Dispatcher.Hooks) { self.hooks = hooks }

    /// Performs notices in order, with all updates among them as one batch.
    func deliver(
        _ engine: ReplicaEngine<UpdateLog>, _ notices: [ReplicaEngine<UpdateLog>.Notice]
    ) async {
        var updates: [Update] = []
        for case .effect(.accepted(let more)) in notices {
            if updates.isEmpty { updates = more } else { updates += more }
        }
        if !updates.isEmpty { await fold(updates, engine) }
        for notice in notices {
            switch notice {
            case .effect(.signed(let id, let update)):
                hooks.signed(id, .success(update))
            case .effect(.notSigned(let id, let message)):
                let reason = engine.takeSignFailure(id)
                hooks.signed(
                    id,
                    .failure(
                        ReplicaError(.notSigned, reason.map { "\(message): \($0)" } ?? message)))
            case .effect(.report(let event)):
                if !postpone(event) { report(event, engine) }
            case .separated:
                hooks.separated()
            case .effect, .missed:
                break
            }
        }
    }

    private func fold(_ updates: [Update], _ engine: ReplicaEngine<UpdateLog>) async {
        guard let schedule = hooks.schedule else {
            hooks.apply(updates)
            if hooks.isUnsettled() { await hooks.settle() }
            return
        }
        let mustSchedule = waiting.withLock { waiting in
            waiting.updates += updates
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if mustSchedule { schedule { [weak engine] in self.flush(engine) } }
    }

    /// Folds everything that waits, when the program has chosen to.
    private func flush(_ engine: ReplicaEngine<UpdateLog>?) {
        let batch = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return waiting
        }
        if !batch.updates.isEmpty { hooks.apply(batch.updates) }
        guard hooks.isUnsettled() else {
            for event in batch.events { report(event, engine) }
            return
        }
        Task { [hooks] in
            await hooks.settle()
            for event in batch.events { self.report(event, engine) }
        }
    }

    /// Keeps an event behind the waiting updates; returns `false` if there are none.
    private func postpone(_ event: ReplicaEvent) -> Bool {
        waiting.withLock { waiting in
            guard waiting.isScheduled else { return false }
            waiting.events.append(event)
            return true
        }
    }

    private func report(_ event: ReplicaEvent, _ engine: ReplicaEngine<UpdateLog>?) {
        if event.isSynced, hooks.isProvisional() {
            // Whoever waits for it sees the state that the history folds to. What follows does not
            // wait: the rest of that history is among it.
            Task { [hooks, weak engine] in
                await hooks.complete()
                self.tell(event, engine)
            }
            return
        }
        tell(event, engine)
    }

    private func tell(_ event: ReplicaEvent, _ engine: ReplicaEngine<UpdateLog>?) {
        hooks.report(event)
        if case .synced(let peer) = event { engine?.noteSynced(peer) }
    }
}

extension ReplicaEvent {
    fileprivate var isSynced: Bool { if case .synced = self { true } else { false } }
}
