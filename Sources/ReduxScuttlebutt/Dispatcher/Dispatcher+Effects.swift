// SPDX-License-Identifier: MIT

import Logging
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

extension Dispatcher {
    /// What is to be started once the lock is released.
    struct Duties {
        var drains = false
        var saves = false
    }

    /// Runs one transition under the lock and queues its effects.
    func transition(_ body: (inout Core) -> Void) {
        var duties = Duties()
        core.withLock { core in
            body(&core)
            Dispatcher.enqueue(&core, &duties)
        }
        perform(duties)
    }

    /// Sorts the effects of a transition into the two queues; called under the lock.
    static func enqueue(_ core: inout Core, _ duties: inout Duties) {
        for effect in core.effects {
            switch effect {
            case .save(let token, let updates):
                core.saves.append((token, updates))
                core.lastToken = token
            case .apply(let updates):
                core.unapplied += updates.count
                core.outbox.append(effect)
            case .wakeAll:
                // Raised once for however many updates were accepted since the last time.
                if case .wakeAll? = core.outbox.last { continue }
                core.outbox.append(effect)
            default:
                core.outbox.append(effect)
            }
        }
        core.effects.removeAll(keepingCapacity: true)
        if !core.outbox.isEmpty, !core.isDraining {
            core.isDraining = true
            duties.drains = true
        }
        if !core.saves.isEmpty, !core.isSaving {
            core.isSaving = true
            duties.saves = true
        }
    }

    func perform(_ duties: Duties) {
        if duties.drains { Task { drain() } }
        if duties.saves { Task { await save() } }
    }

    /// Performs queued effects until there are none; never more than one at a time.
    private func drain() {
        while true {
            let effects: [Dispatching.Effect] = core.withLock { core in
                if core.outbox.isEmpty {
                    core.isDraining = false
                    return []
                }
                let effects = core.outbox
                core.outbox = []
                return effects
            }
            guard !effects.isEmpty else { return }
            var updates: [Update] = []
            for effect in effects {
                // Everything that is pending when a replay starts is one batch.
                if case .apply(let more) = effect {
                    if updates.isEmpty { updates = more } else { updates += more }
                }
            }
            if !updates.isEmpty { apply(updates) }
            for effect in effects { perform(effect) }
        }
    }

    private func apply(_ updates: [Update]) {
        if let schedule = hooks.schedule {
            let mustSchedule = batch.withLock { $0.add(updates) }
            if mustSchedule { schedule { [weak self] in self?.flushBatch() } }
        } else {
            hooks.apply(updates)
        }
        let waiters = core.withLock { core in
            core.unapplied -= updates.count
            guard core.unapplied < Dispatcher.unappliedUpdateLimit else {
                return [CheckedContinuation<Void, Never>]()
            }
            defer { core.roomWaiters = [] }
            return core.roomWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Folds everything that waits for the program's own moment.
    private func flushBatch() {
        let (updates, events) = batch.withLock { $0.take() }
        if !updates.isEmpty { hooks.apply(updates) }
        for event in events { tell(event) }
    }

    private func perform(_ effect: Dispatching.Effect) {
        switch effect {
        case .apply, .save:
            break
        case .sign(let id, let payload):
            Task { await sign(id, payload) }
        case .dispatched(let id, let update):
            hooks.dispatched(id, .success(update))
        case .dispatchRefused(let id, let message):
            hooks.dispatched(id, .failure(GossipFault(.notSigned, message)))
        case .verify(let id, let update):
            Task {
                let verdict = await hooks.verify?(update) ?? .failed("there is no verifier")
                transition { $0.machine.handle(.verified(id, verdict), into: &$0.effects) }
            }
        case .remember(let fingerprint):
            remember(fingerprint)
        case .wake(let peer):
            core.withLock { $0.signals[peer] }?.raiseWork()
        case .wakeAll:
            let signals = core.withLock { Array($0.signals.values) }
            for signal in signals { signal.raiseWork() }
        case .startTimer(let peer, let generation, let milliseconds):
            Task {
                try? await sleep(.milliseconds(milliseconds))
                transition {
                    $0.machine.handle(
                        .timerFired(peer, generation: generation), into: &$0.effects)
                }
            }
        case .close(let peer, let error):
            core.withLock { $0.signals.removeValue(forKey: peer) }?
                .raiseClose(.fault(error.message))
        case .report(let report):
            tellInOrder(GossipEvent(report))
        }
    }

    private func sign(_ id: DispatchID, _ payload: Payload) async {
        let signed = try? await hooks.sign?(payload)
        transition { $0.machine.handle(.signed(id, signed ?? nil), into: &$0.effects) }
    }

    /// Tells an event, but not before the updates that precede it have been folded.
    private func tellInOrder(_ event: GossipEvent) {
        if batch.withLock({ $0.defer(event) }) { return }
        tell(event)
    }

    private func tell(_ event: GossipEvent) {
        if case .synced(let peer) = event {
            let waiters = core.withLock { core in
                if core.signals[peer] != nil { core.synced.insert(peer) }
                defer { core.syncWaiters = [] }
                return core.syncWaiters
            }
            hooks.report(event)
            for waiter in waiters { waiter.resume() }
        } else {
            hooks.report(event)
        }
    }

    private func remember(_ fingerprint: Fingerprint) {
        guard let storage else { return }
        Task {
            do {
                try await storage.remember(refusals: [fingerprint])
            } catch {
                // It costs one more verification after a restart, nothing else.
                logger.debug("a refusal was not saved", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// Updates and events that wait for the moment that the program chooses.
struct PendingBatch: Sendable {
    private var updates: [Update] = []
    private var events: [GossipEvent] = []
    private var isScheduled = false

    /// Adds updates; whether a flush must be scheduled now.
    mutating func add(_ more: [Update]) -> Bool {
        updates += more
        defer { isScheduled = true }
        return !isScheduled
    }

    /// Keeps an event behind the updates that wait; `false` when none do.
    mutating func `defer`(_ event: GossipEvent) -> Bool {
        guard isScheduled else { return false }
        events.append(event)
        return true
    }

    mutating func take() -> ([Update], [GossipEvent]) {
        defer { self = PendingBatch() }
        return (updates, events)
    }
}
