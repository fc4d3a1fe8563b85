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
        var runsErrands = false
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

    /// Sorts the effects of a transition into the three queues; called under the lock.
    static func enqueue(_ core: inout Core, _ duties: inout Duties) {
        for effect in core.effects {
            switch effect {
            case .save(let token, let updates):
                core.saves.append((token, updates))
                core.lastToken = token
            case .apply(let updates):
                core.unapplied += updates.count
                core.outbox.append(effect)
            case .dispatched, .dispatchRefused, .report:
                core.outbox.append(effect)
            case .wakeAll:
                // Raised once for however many updates were accepted since the last time.
                if case .wakeAll? = core.errands.last { continue }
                core.errands.append(effect)
            case .sign, .verify, .remember, .wake, .startTimer, .close:
                core.errands.append(effect)
            }
        }
        core.effects.removeAll(keepingCapacity: true)
        if !core.outbox.isEmpty || core.hasSeparated, !core.isDraining {
            core.isDraining = true
            duties.drains = true
        }
        if !core.errands.isEmpty, !core.isRunningErrands {
            core.isRunningErrands = true
            duties.runsErrands = true
        }
        if !core.saves.isEmpty, !core.isSaving {
            core.isSaving = true
            duties.saves = true
        }
    }

    func perform(_ duties: Duties) {
        if duties.runsErrands { Task { runErrands() } }
        if duties.drains { Task { drain() } }
        if duties.saves { Task { await save() } }
    }

    private func runErrands() {
        while true {
            let effects: [Dispatching.Effect] = core.withLock { core in
                if core.errands.isEmpty { core.isRunningErrands = false }
                defer { core.errands = [] }
                return core.errands
            }
            guard !effects.isEmpty else { return }
            for effect in effects { start(effect) }
        }
    }

    /// Folds and reports what is queued until there is nothing; never more than one at a time.
    private func drain() {
        while true {
            let (effects, separates): ([Dispatching.Effect], Bool) = core.withLock { core in
                let effects = core.outbox
                core.outbox = []
                guard effects.isEmpty else { return (effects, false) }
                // Told when the queue is empty, so that all that came before is folded.
                defer { core.hasSeparated = false }
                if !core.hasSeparated { core.isDraining = false }
                return ([], core.hasSeparated)
            }
            if separates { hooks.separated() } else if effects.isEmpty { return }
            var updates: [Update] = []
            for effect in effects {
                // Everything that is pending when a replay starts is one batch.
                if case .apply(let more) = effect {
                    if updates.isEmpty { updates = more } else { updates += more }
                }
            }
            if !updates.isEmpty { apply(updates) }
            for effect in effects { settle(effect) }
        }
    }

    private func apply(_ updates: [Update]) {
        if let schedule = hooks.schedule {
            let mustSchedule = batch.withLock { $0.add(updates) }
            if mustSchedule { schedule { [weak self] in self?.flushBatch() } }
        } else {
            hooks.apply(updates)
        }
        core.withLock { $0.unapplied -= updates.count }
        letIn()
    }

    /// Lets those connections go on that waited for room and now have it.
    func letIn() {
        let waiters = core.withLock { core in
            guard !core.roomWaiters.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            let due = core.roomWaiters.filter { core.hasRoom(for: $0.value.peer) }
            for ticket in due.keys { core.roomWaiters[ticket] = nil }
            return due.values.map(\.waiter)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Folds everything that waits for the program's own moment.
    private func flushBatch() {
        let (updates, events) = batch.withLock { $0.take() }
        if !updates.isEmpty { hooks.apply(updates) }
        for event in events { tell(event) }
    }

    /// Performs what depends on the state, after the folding.
    private func settle(_ effect: Dispatching.Effect) {
        switch effect {
        case .dispatched(let id, let update):
            hooks.dispatched(id, .success(update))
        case .dispatchRefused(let id, let message):
            let reason = core.withLock { $0.signFailures.removeValue(forKey: id) }
            hooks.dispatched(
                id, .failure(GossipFault(.notSigned, reason.map { "\(message): \($0)" } ?? message))
            )
        case .report(let report):
            tellInOrder(GossipEvent(report))
        case .apply, .save, .sign, .verify, .remember, .wake, .wakeAll, .startTimer, .close:
            break
        }
    }

    /// Starts what does not depend on the state.
    private func start(_ effect: Dispatching.Effect) {
        switch effect {
        case .sign(let id, let payload):
            Task { await sign(id, payload) }
        case .verify(let id, let update):
            Task {
                let verdict = await hooks.verify?(update) ?? .failed("there is no verifier")
                transition { $0.machine.handle(.verified(id, verdict), into: &$0.effects) }
                letIn()
            }
        case .remember(let fingerprint):
            remember(fingerprint)
        case .wake(let peer):
            core.withLock { $0.signals[peer] }?.raiseWork()
        case .wakeAll:
            let signals = core.withLock { Array($0.signals.values) }
            for signal in signals { signal.raiseWork() }
        case .startTimer(let peer, let generation, let milliseconds):
            // A timer outlives what it is for; it must hold nothing alive.
            Task { [weak self, sleep] in
                try? await sleep(.milliseconds(milliseconds))
                self?.transition {
                    $0.machine.handle(
                        .timerFired(peer, generation: generation), into: &$0.effects)
                }
            }
        case .close(let peer, let error):
            core.withLock { $0.signals.removeValue(forKey: peer) }?
                .raiseClose(.fault(error.message))
        case .apply, .save, .dispatched, .dispatchRefused, .report:
            break
        }
    }

    private func sign(_ id: DispatchID, _ payload: Payload) async {
        var signed: Payload?
        var failure: String?
        do {
            signed = try await hooks.sign?(payload)
        } catch {
            failure = "\(error)"
        }
        transition { core in
            core.signFailures[id] = failure
            core.machine.handle(.signed(id, signed), into: &core.effects)
        }
        let waiters = core.withLock { core in
            let oldest = core.machine.oldestSigning
            var due: [CheckedContinuation<Void, Never>] = []
            core.signWaiters.removeAll { waiting in
                guard oldest.map({ waiting.upTo < $0 }) ?? true else { return false }
                due.append(waiting.waiter)
                return true
            }
            return due
        }
        for waiter in waiters { waiter.resume() }
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
