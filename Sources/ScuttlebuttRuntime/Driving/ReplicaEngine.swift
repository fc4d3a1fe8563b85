// SPDX-License-Identifier: MIT

import DequeModule
import Logging
package import Scuttlebutt
import Synchronization

/// Runs a ``/Scuttlebutt/Replica`` in real time: one lock around it, and outside of the lock
/// everything that its effects ask for.
///
/// ``ReplicaDriver`` and the dispatcher of a store are two faces of it. It obeys the duties that
/// are written on ``/Scuttlebutt/ReplicaEffect`` with three queues, which are filled under the lock
/// and emptied outside of it, each by one thread or task at a time: notices, saves, and chores (the
/// side effects).
package final class ReplicaEngine<Value: Replicated>: SessionHost {
    package typealias Effect = ReplicaEffect<Value.Change>

    /// Something that a face performs, in order.
    package enum Notice: Sendable {
        /// One of the effects that the duties call notices.
        case effect(Effect)
        /// The last peer has left.
        case separated
        /// Notices that gave way because the application was too slow to hear them.
        case missed(changes: Int, updates: Int, events: Int)
    }

    /// Everything under the lock.
    package struct State: Sendable {
        package var replica: Replica<Value>
        /// Scratch for one transition; empty between transitions.
        package var effects: [Effect] = []

        /// Notices that wait to be delivered.
        var notices: [Notice] = []
        /// How many notices ever were before the first of `notices`.
        var noticeStart = 0
        var isDelivering = false
        /// How many notices wait or are being delivered, and how many updates are in them.
        var undelivered = 0
        var undeliveredUpdates = 0

        var chores: [Effect] = []
        var isRunningChores = false

        var saves = Deque<(token: Int, updates: [Update])>()
        /// How many updates and bytes wait in `saves` or are being saved.
        var unsavedCount = 0
        var unsavedByteCount = 0
        var isSaving = false
        var savedToken = 0
        var saveFailure: StorageError?

        var signals: [PeerID: SessionSignal] = [:]
        /// Whether the last peer has left in this transition.
        var hasSeparated = false
        var shared: [(range: Range<Int>, lines: OutboundLines)] = []
        var synced: Set<PeerID> = []
        /// What the signer threw, until that is reported.
        var signFailures: [SigningID: String] = [:]

        /// Keyed by the newest own write that a peer has to confirm.
        var syncWaiters = Waiters<Timestamp>()
        var headerWaiters = Waiters<Void>()
        var roomWaiters = Waiters<PeerID>()
        var saveWaiters = Waiters<Int>()
        var signWaiters = Waiters<SigningID>()

        var refusedCount = 0
        var staleCount = 0
        var isClosed = false

        /// The place that the next notice will have among all that ever were.
        package var noticeEnd: Int { noticeStart + notices.count }

        /// Whether some peer and we have all that the other had, own writes up to this one
        /// included.
        func isLevel(upTo written: Timestamp) -> Bool {
            !synced.isEmpty && replica.gossip.ownConfirmed ?? .zero >= written
        }

        /// Takes out those who wait for a peer to be level and need not wait any longer.
        mutating func takeLevelWaiters() -> [Waiters<Timestamp>.Continuation] {
            guard !syncWaiters.isEmpty, !synced.isEmpty else { return [] }
            let confirmed = replica.gossip.ownConfirmed ?? .zero
            return syncWaiters.remove { $0 <= confirmed }
        }

        /// Whether lines of this peer may come in.
        func hasRoom(for peer: PeerID) -> Bool {
            isClosed
                || unsavedCount < ReplicaLimits.unsavedUpdates
                    && unsavedByteCount < ReplicaLimits.unsavedBytes
                    && undelivered < ReplicaLimits.undeliveredNotices
                    && undeliveredUpdates < ReplicaLimits.undeliveredUpdates
                    && replica.verificationCount(of: peer) < ReplicaLimits.unverifiedUpdates
        }
    }

    /// What is to be started once the lock is released.
    struct PostLockWork {
        var delivers = false
        var runsChores = false
        var saves = false

        var isNeeded: Bool { delivers || runsChores || saves }
    }

    let state: Mutex<State>
    let storage: (any LogStorage)?
    let hooks: ReplicaHooks<Value>
    package let presenceFeed = PresenceFeed()
    /// The rules by which lines are read.
    package let wire: ClassicWire
    /// Whether own timestamps depend on the wall clock.
    let readsWallClock: Bool

    /// Creates the engine of a replica that has everything restored from `storage`.
    package init(
        _ replica: Replica<Value>, storage: (any LogStorage)?, hooks: ReplicaHooks<Value>
    ) {
        state = Mutex(State(replica: replica))
        self.storage = storage
        self.hooks = hooks
        wire = replica.configuration.wire
        readsWallClock = replica.configuration.timestamps.readsWallClock
    }

    // MARK: Transitions

    /// Runs one transition under the lock, and what follows from it afterwards.
    ///
    /// What was done before the body throws follows all the same.
    @inline(__always)
    package func transition<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var work = PostLockWork()
        defer { perform(work) }
        let now = Value.readsWallClock ? hooks.wallClock() : 0
        return try state.withLock { (state) throws(Failure) -> Result in
            defer { enqueue(&state, &work) }
            if Value.readsWallClock {
                state.replica.advance(wallClock: now, into: &state.effects)
            }
            return try body(&state)
        }
    }

    /// Reads the replica in place.
    package func withReplica<Result: Sendable>(_ body: (Replica<Value>) -> Result) -> Result {
        state.withLock { body($0.replica) }
    }

    /// Reports something to the replica.
    @specialized(where Value == UpdateLog)
    package func handle(_ input: ReplicaInput) {
        transition { $0.replica.handle(input, into: &$0.effects) }
    }

    /// Sorts the effects of a transition into the three queues; called under the lock.
    @inline(__always)
    func enqueue(_ state: inout State, _ work: inout PostLockWork) {
        guard !state.effects.isEmpty || state.hasSeparated else { return }
        enqueueEffects(&state, &work)
    }

    private func enqueueEffects(_ state: inout State, _ work: inout PostLockWork) {
        // Adjacent notices of a kind become one; others of this transition may stand between them.
        var (lastAccepted, lastChanged): (Int?, Int?) = (nil, nil)
        for effect in state.effects {
            switch effect {
            case .accepted(let updates):
                state.undeliveredUpdates += updates.count
                if let place = lastAccepted,
                    case .effect(.accepted(let earlier)) = state.notices[place]
                {
                    state.notices[place] = .effect(.accepted(earlier + updates))
                } else {
                    lastAccepted = state.notices.count
                    state.add(.effect(effect))
                }
            case .changed(let changes, let isReset):
                if let place = lastChanged,
                    case .effect(.changed(let earlier, let wasReset)) = state.notices[place]
                {
                    state.notices[place] = .effect(
                        .changed(earlier + changes, isReset: isReset || wasReset))
                } else {
                    lastChanged = state.notices.count
                    state.add(.effect(effect))
                }
            case .report(let event):
                if case .refused = event { state.refusedCount += 1 }
                if case .stale = event { state.staleCount += 1 }
                fallthrough
            case .signed, .notSigned:
                (lastAccepted, lastChanged) = (nil, nil)
                state.add(.effect(effect))
            case .save(let token, let updates):
                state.saves.append((token, updates))
                state.unsavedCount += updates.count
                for update in updates { state.unsavedByteCount += update.byteCount }
            case .wakeAll:
                // Raised once for however many updates were accepted since the last time.
                if case .wakeAll? = state.chores.last { continue }
                state.chores.append(effect)
            case .close(let peer, _):
                state.synced.remove(peer)
                state.chores.append(effect)
            case .sign, .verify, .remember, .wake, .startTimer, .read, .presence:
                state.chores.append(effect)
            }
        }
        state.effects.removeAll(keepingCapacity: true)
        if state.hasSeparated {
            state.hasSeparated = false
            state.add(.separated)
        }
        state.schedule(&work, noticeBound: hooks.noticeBound)
    }

    @inline(__always)
    func perform(_ work: PostLockWork) {
        if work.runsChores { Task { runChores() } }
        if work.saves { Task { await save() } }
        if work.delivers {
            if let body = hooks.deliverInTask { Task { await deliver(body) } } else { deliver() }
        }
    }

    // MARK: Chores

    @specialized(where Value == UpdateLog)
    private func runChores() {
        while true {
            let chores: [Effect] = state.withLock { state in
                if state.chores.isEmpty { state.isRunningChores = false }
                defer { state.chores = [] }
                return state.chores
            }
            guard !chores.isEmpty else { return }
            for effect in chores { start(effect) }
        }
    }

    private func start(_ effect: Effect) {
        switch effect {
        case .sign(let id, let payload):
            Task { await sign(id, payload) }
        case .verify(let id, let update):
            Task {
                let verdict = await hooks.verify?(update) ?? .failed("there is no verifier")
                handle(.verified(id, verdict))
                admitWaitingReaders()
            }
        case .remember(let fingerprint):
            remember(fingerprint)
        case .wake(let peer):
            state.withLock { $0.signals[peer] }?.raiseWork()
        case .wakeAll:
            let signals = state.withLock { Array($0.signals.values) }
            for signal in signals { signal.raiseWork() }
        case .read(let range):
            Task { await read(range) }
        case .presence:
            presenceFeed.raise()
        case .startTimer(let timer):
            // A timer outlives its purpose, so it keeps nothing alive.
            Task { [weak self, sleep = hooks.sleep] in
                try? await sleep(.milliseconds(timer.milliseconds))
                self?.handle(.timerFired(timer))
            }
        case .close(let peer, let error):
            state.withLock { $0.signals.removeValue(forKey: peer) }?
                .raiseClose(.fault(error.message))
        case .accepted, .changed, .signed, .notSigned, .save, .report:
            preconditionFailure("an effect is in the wrong queue")
        }
    }

    private func sign(_ id: SigningID, _ payload: Payload) async {
        var signed: CheckedPayload?
        var failure: String?
        do {
            signed = try await hooks.sign?(payload)
        } catch {
            failure = "\(error)"
        }
        let waiters = transition { state in
            state.signFailures[id] = failure
            state.replica.handle(.signed(id, signed), into: &state.effects)
            let oldest = state.replica.oldestSigning
            return state.signWaiters.remove { newest in oldest.map { newest < $0 } ?? true }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// What the signer threw for this payload, once.
    package func takeSignFailure(_ id: SigningID) -> String? {
        state.withLock { $0.signFailures.removeValue(forKey: id) }
    }

    private func remember(_ fingerprint: Fingerprint) {
        guard let storage else { return }
        Task {
            do {
                try await storage.remember(refusals: [fingerprint])
            } catch {
                // It costs one more verification after a restart, nothing else.
                hooks.logger.debug("a refusal was not saved", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension ReplicaEngine.State {
    /// Queues a notice.
    mutating func add(_ notice: ReplicaEngine.Notice) {
        notices.append(notice)
        undelivered += 1
    }

    /// Decides which queues need somebody to empty them.
    fileprivate mutating func schedule(
        _ work: inout ReplicaEngine.PostLockWork, noticeBound: Int?
    ) {
        if let noticeBound, notices.count > noticeBound { dropNotices() }
        if !notices.isEmpty, !isDelivering {
            isDelivering = true
            work.delivers = true
        }
        if !chores.isEmpty, !isRunningChores {
            isRunningChores = true
            work.runsChores = true
        }
        if !saves.isEmpty, !isSaving {
            isSaving = true
            work.saves = true
        }
    }

    /// Lets what waits give way to a reset, when an observer has stopped listening.
    private mutating func dropNotices() {
        var (changeCount, updateCount, eventCount) = (0, 0, 0)
        for notice in notices {
            switch notice {
            case .effect(.changed(let changes, _)): changeCount += changes.count
            case .effect(.accepted(let updates)): updateCount += updates.count
            case .effect, .separated: eventCount += 1
            case .missed(let changes, let updates, let events):
                changeCount += changes
                updateCount += updates
                eventCount += events
            }
        }
        // Somebody who began to listen meanwhile hears of the reset too, which is harmless.
        noticeStart += notices.count - 1
        undelivered -= notices.count - 1
        undeliveredUpdates -= updateCount
        notices = [.missed(changes: changeCount, updates: updateCount, events: eventCount)]
    }
}
