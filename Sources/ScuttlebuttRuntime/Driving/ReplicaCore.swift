// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// The replica behind a ``ReplicaDriver``, with its queues: one lock round one struct.
///
/// The lock covers a transition of the replica *and* the queueing of what follows from it, never
/// the performance of that. One thread at a time tells observers, in order; what is told meanwhile
/// queues up behind it. Saving has a queue and a task of its own, for it waits for the disk.
final class ReplicaCore<Value: Replicated>: Sendable {
    typealias Effects = ReplicaEffects<Value.Change>
    typealias Changes = ReplicaChanges<Value.Change>

    /// How many updates may wait to be saved before the connections that bring more are slowed.
    static var unsavedLimit: Int { 40_000 }
    /// How many bytes of them.
    static var unsavedByteLimit: Int { 64 << 20 }
    /// How many batches and events may wait to be told before connections are slowed.
    static var untoldLimit: Int { 1_024 }
    /// How many may wait at all: beyond it, local writes let what waits give way to a reset.
    static var untoldBound: Int { 8_192 }
    /// How many bytes of lines are pulled for one peer at once.
    static var pullByteLimit: Int { 64 << 10 }

    enum News: Sendable {
        case changes(Changes)
        case updates(ReplicaChanges<Update>)
        case event(ReplicaEvent)
    }

    /// One item to tell, with those who hear it.
    private struct Telling: Sendable {
        let news: News
        var changeListeners: [Listener<Changes>] = []
        var updateListeners: [Listener<ReplicaChanges<Update>>] = []
        var eventListeners: [Listener<ReplicaEvent>] = []
    }

    struct Listener<Told: Sendable>: Sendable {
        let number: Int
        /// It hears what comes from this place on.
        let start: Int
        let body: @Sendable (Told) -> Void
    }

    struct Save: Sendable {
        let update: Update
        /// Whether it was written here, and leaves when it is saved.
        let isLocal: Bool
    }

    struct State: Sendable {
        var replica: Replica<Value, ReplicaTime>
        var signals: [PeerID: SessionSignal] = [:]
        var shared: [(range: Range<Int>, lines: OutboundLines)] = []
        var synced: Set<PeerID> = []
        var syncWaiters: [CheckedContinuation<Void, Never>] = []
        var roomWaiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastNumber = 0

        var news: [News] = []
        /// How many of `news` were told already.
        var told = 0
        /// The place of `news[0]` in all that was ever to be told.
        var newsStart = 0
        var isTelling = false
        var changeListeners: [Listener<Changes>] = []
        var updateListeners: [Listener<ReplicaChanges<Update>>] = []
        var eventListeners: [Listener<ReplicaEvent>] = []
        /// Own updates of this transition, for who listens to updates; empty between transitions.
        var written: [Update] = []

        var saves: [Save] = []
        var savesByteCount = 0
        var isSaving = false
        /// How many updates were ever handed in to be saved, and how many are.
        var enqueued = 0
        var saved = 0
        var saveFailure: StorageError?
        var flushWaiters: [(count: Int, waiter: CheckedContinuation<Void, any Error>)] = []

        var invalid = 0
        var stale = 0
        var isClosed = false

        var untold: Int { news.count - told }
        var hasRoom: Bool {
            isClosed
                || saves.count < unsavedLimit && savesByteCount < unsavedByteLimit
                    && untold < untoldLimit
        }
    }

    /// What is to be done once the lock is released.
    struct Duties: Sendable {
        var wakes: [SessionSignal] = []
        var closings: [(SessionSignal, String)] = []
        var timers: [ReplicaTimer] = []
        var syncWaiters: [CheckedContinuation<Void, Never>] = []
        var tells = false
        var saves = false
    }

    let state: Mutex<State>
    let storage: (any LogStorage)?
    let options: ReplicaOptions

    init(
        _ replica: Replica<Value, ReplicaTime>, storage: (any LogStorage)?,
        options: ReplicaOptions
    ) {
        state = Mutex(State(replica: replica))
        self.storage = storage
        self.options = options
    }

    /// Runs one transition under the lock, and what follows from it after.
    func transition<Result: Sendable>(
        _ body: (inout State, inout Effects) throws -> Result
    ) throws -> Result {
        var duties = Duties()
        let now = options.wallClock()
        let result: Swift.Result<Result, any Error> = state.withLock { state in
            var effects = Effects(describesChanges: !state.changeListeners.isEmpty)
            state.replica.advance(wallClock: now, changes: &effects.changes)
            let result = Swift.Result { try body(&state, &effects) }
            absorb(effects, &state, &duties)
            return result
        }
        perform(duties)
        return try result.get()
    }

    /// The same for a body that cannot fail.
    func change<Result: Sendable>(
        _ body: (inout State, inout Effects) -> Result
    ) -> Result {
        var duties = Duties()
        let now = options.wallClock()
        let result = state.withLock { state in
            var effects = Effects(describesChanges: !state.changeListeners.isEmpty)
            state.replica.advance(wallClock: now, changes: &effects.changes)
            let result = body(&state, &effects)
            absorb(effects, &state, &duties)
            return result
        }
        perform(duties)
        return result
    }

    /// Queues what a transition asked for; called under the lock.
    private func absorb(_ effects: Effects, _ state: inout State, _ duties: inout Duties) {
        if storage != nil {
            for update in effects.accepted {
                state.save(Save(update: update, isLocal: false))
            }
            if !state.saves.isEmpty, !state.isSaving {
                state.isSaving = true
                duties.saves = true
            }
        }
        if effects.isReset || effects.changes?.isEmpty == false {
            state.news.append(
                .changes(Changes(effects.changes ?? [], isReset: effects.isReset)))
        }
        if !state.updateListeners.isEmpty, !effects.accepted.isEmpty || !state.written.isEmpty {
            state.news.append(.updates(ReplicaChanges(state.written + effects.accepted)))
            state.written = []
        }
        for report in effects.reports {
            switch report {
            case .refused: state.invalid += 1
            case .stale: state.stale += 1
            case .synced(let peer):
                if state.signals[peer] != nil { state.synced.insert(peer) }
                duties.syncWaiters += state.syncWaiters
                state.syncWaiters = []
            case .historyReceived, .equivocation, .ownUpdatesMissing: break
            }
            state.news.append(.event(ReplicaEvent(report)))
        }
        for (peer, error) in effects.closings {
            state.news.append(.event(.cutOff(peer, error)))
            state.synced.remove(peer)
            if let signal = state.signals.removeValue(forKey: peer) {
                duties.closings.append((signal, error.message))
            }
        }
        if !effects.timers.isEmpty { duties.timers = effects.timers }
        if effects.wakesAll { duties.wakes = Array(state.signals.values) }
        state.boundNews()
        if state.untold > 0, !state.isTelling {
            state.isTelling = true
            duties.tells = true
        }
    }

    private func perform(_ duties: Duties) {
        for signal in duties.wakes { signal.raiseWork() }
        for (signal, message) in duties.closings { signal.raiseClose(.fault(message)) }
        for waiter in duties.syncWaiters { waiter.resume() }
        if duties.saves { Task { await save() } }
        for timer in duties.timers {
            // A timer outlives what it is for; it must hold nothing alive.
            Task { [weak self, sleep = options.sleep] in
                try? await sleep(.milliseconds(timer.milliseconds))
                self?.change { $0.replica.timerFired(timer, into: &$1) }
            }
        }
        if duties.tells { tell() }
    }

    // MARK: Telling

    /// Tells what is queued until there is nothing; never more than one thread at a time.
    private func tell() {
        while true {
            let next: Telling? = state.withLock { state in
                guard state.untold > 0 else {
                    state.isTelling = false
                    return nil
                }
                var telling = Telling(news: state.news[state.told])
                let place = state.newsStart + state.told
                switch telling.news {
                case .changes:
                    telling.changeListeners = state.changeListeners.filter { $0.start <= place }
                case .updates:
                    telling.updateListeners = state.updateListeners.filter { $0.start <= place }
                case .event:
                    telling.eventListeners = state.eventListeners.filter { $0.start <= place }
                }
                state.told += 1
                if state.told == state.news.count {
                    state.newsStart += state.told
                    state.news.removeAll(keepingCapacity: state.told < 64)
                    state.told = 0
                }
                return telling
            }
            guard let next else { return letIn() }
            switch next.news {
            case .changes(let changes):
                for listener in next.changeListeners { listener.body(changes) }
            case .updates(let updates):
                for listener in next.updateListeners { listener.body(updates) }
            case .event(let event):
                options.onEvent?(event)
                for listener in next.eventListeners { listener.body(event) }
            }
        }
    }

    func listen<Told: Sendable>(
        _ list: any WritableKeyPath<State, [Listener<Told>]> & Sendable,
        _ body: @escaping @Sendable (Told) -> Void
    ) -> ReplicaSubscription {
        let number = state.withLock { state in
            state.lastNumber += 1
            guard !state.isClosed else { return state.lastNumber }
            let start = state.newsStart + state.news.count
            state[keyPath: list].append(
                Listener(number: state.lastNumber, start: start, body: body))
            return state.lastNumber
        }
        return ReplicaSubscription { [weak self] in
            // What it holds is released after the lock.
            _ = self?.state.withLock { state in
                let gone = state[keyPath: list].filter { $0.number == number }
                state[keyPath: list].removeAll { $0.number == number }
                return gone
            }
        }
    }

    // MARK: Ends

    /// Waits until some peer and we have all that the other had; at once if one has.
    func synced() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.synced.isEmpty, !state.isClosed {
                    state.syncWaiters.append(continuation)
                    return false
                }
                return true
            }
            if isDone { continuation.resume() }
        }
    }

    func close() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer {
                state.syncWaiters = []
                state.roomWaiters = [:]
            }
            return state.syncWaiters + Array(state.roomWaiters.values)
        }
        for waiter in waiters { waiter.resume() }
        // Nothing new is taken from here on, so what is flushed is all there is.
        try? await flush()
        await storage?.close()
        let listeners = state.withLock { state in
            defer {
                state.changeListeners = []
                state.updateListeners = []
                state.eventListeners = []
            }
            return (state.changeListeners, state.updateListeners, state.eventListeners)
        }
        withExtendedLifetime(listeners) {}
    }
}

extension ReplicaCore.State {
    mutating func save(_ save: ReplicaCore.Save) {
        saves.append(save)
        savesByteCount += save.update.byteCount
        enqueued += 1
    }

    /// Lets what waits to be told give way when an observer has stopped listening.
    mutating func boundNews() {
        guard untold > ReplicaCore.untoldBound else { return }
        var (missedChanges, missedUpdates, missedEvents) = (0, 0, 0)
        for item in news[told...] {
            switch item {
            case .changes(let changes): missedChanges += changes.count
            case .updates(let updates): missedUpdates += updates.count
            case .event: missedEvents += 1
            }
        }
        newsStart += news.count
        told = 0
        news = [.changes(ReplicaChanges([], missed: missedChanges, isReset: true))]
        if missedUpdates > 0 { news.append(.updates(ReplicaChanges([], missed: missedUpdates))) }
        if missedEvents > 0 { news.append(.event(.missed(missedEvents))) }
        // Who began to listen meanwhile hears of the reset too, which is harmless.
        newsStart -= news.count
    }
}
