// SPDX-License-Identifier: MIT

public import Logging
public import Rewind
public import Scuttlebutt
public import ScuttlebuttRuntime
import ScuttlebuttSecurity
import Synchronization

/// Drives a ``Rewind/Dispatching`` machine in real time: connections, signer, verifier and storage
/// around it, and whoever folds the updates behind it.
///
/// One lock covers a transition of the machine *and* the queueing of its effects, never their
/// performance. One task at a time folds and reports, in order; what queues up meanwhile is folded
/// as one batch. Saving has a queue and a task of its own, for it waits for the disk; and so has
/// what wakes connections, signers and verifiers, which must not wait for a long replay.
public final class Dispatcher: SessionHost {
    /// What a dispatcher asks of the program around it.
    public struct Hooks: Sendable {
        /// Folds updates of others into the state, with one notification.
        ///
        /// Called by one task at a time, outside of the lock.
        public var apply: @Sendable ([Update]) -> Void
        /// Folds an own update that had to be signed first.
        public var dispatched: @Sendable (DispatchID, Result<Update, GossipFault>) -> Void
        /// Signs an action; throws to refuse it.
        public var sign: (@Sendable (Payload) async throws -> Payload)?
        /// Judges an update of somebody else.
        public var verify: (@Sendable (Update) async -> Verdict)?
        /// Hears of everything the machine reports, after the state shows what it speaks of.
        public var report: @Sendable (GossipEvent) -> Void
        /// Hears that the last peer has left, once everything that came before is folded.
        public var separated: @Sendable () -> Void = {}
        /// Lets the program decide when a batch is folded; see ``GossipOptions/customDispatch``.
        public var schedule: (@Sendable (_ flush: @escaping @Sendable () -> Void) -> Void)?

        /// Makes hooks that fold with `apply` and do nothing else.
        public init(
            apply: @escaping @Sendable ([Update]) -> Void,
            dispatched: @escaping @Sendable (DispatchID, Result<Update, GossipFault>) -> Void =
                { _, _ in },
            report: @escaping @Sendable (GossipEvent) -> Void = { _ in }
        ) {
            self.apply = apply
            self.dispatched = dispatched
            self.report = report
        }
    }

    /// How many updates may wait to be folded before the connections that bring more are slowed.
    public static let unappliedUpdateLimit = 40_000
    /// How many updates of one peer may wait for their verification before it is slowed.
    public static let unverifiedUpdateLimit = 8_192
    /// How many bytes of lines are pulled for one peer at once.
    static let pullByteLimit = 64 << 10
    /// How many updates are saved in one call of the storage.
    static let saveBatchLimit = 10_000

    struct Core: Sendable {
        var machine: Dispatching
        /// Scratch for one transition; empty between transitions.
        var effects: [Dispatching.Effect] = []
        /// What is folded and reported, in order.
        var outbox: [Dispatching.Effect] = []
        var isDraining = false
        /// What is started at once: it does not depend on the state.
        var errands: [Dispatching.Effect] = []
        var isRunningErrands = false
        /// Whether the last peer has left since that was last told.
        var hasSeparated = false
        var unapplied = 0
        var roomWaiters: [Int: (peer: PeerID, waiter: CheckedContinuation<Void, Never>)] = [:]
        var lastTicket = 0
        /// What the signer threw, until that is told.
        var signFailures: [DispatchID: String] = [:]
        var signWaiters: [(upTo: DispatchID, waiter: CheckedContinuation<Void, Never>)] = []
        var signals: [PeerID: SessionSignal] = [:]
        var shared: [(range: Range<Int>, lines: OutboundLines)] = []
        var synced: Set<PeerID> = []
        var syncWaiters: [CheckedContinuation<Void, Never>] = []

        var saves: [(token: Int, updates: [Update])] = []
        var isSaving = false
        var lastToken = 0
        var savedToken = 0
        var saveFailure: StorageError?
        var flushWaiters: [(token: Int, waiter: CheckedContinuation<Void, any Error>)] = []
        var isClosed = false

        /// Whether lines of this peer may come in: not while too much waits to be folded, or too
        /// much of its own to be verified.
        func hasRoom(for peer: PeerID) -> Bool {
            isClosed
                || unapplied < Dispatcher.unappliedUpdateLimit
                    && machine.verificationCount(of: peer) < Dispatcher.unverifiedUpdateLimit
        }
    }

    let core: Mutex<Core>
    let hooks: Hooks
    let storage: (any LogStorage)?
    let batch = Mutex(PendingBatch())
    let sleep: @Sendable (Duration) async throws -> Void
    let logger: Logger
    /// The rules by which lines are read.
    public let wire: ClassicWire

    /// Makes the dispatcher of a machine.
    ///
    /// - Parameters:
    ///   - machine: With everything restored from `storage`.
    ///   - storage: Where accepted updates are kept; `nil` for none.
    ///   - sleep: Waits; tests hand in a virtual one.
    public init(
        _ machine: Dispatching, hooks: Hooks, storage: (any LogStorage)? = nil,
        logger: Logger = Logger(label: "scuttlebutt.dispatcher"),
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        wire = machine.gossip.wire
        core = Mutex(Core(machine: machine))
        self.hooks = hooks
        self.storage = storage
        self.logger = logger
        self.sleep = sleep
    }

    /// The source that own actions are written as.
    public var source: Source { core.withLock { $0.machine.source } }

    // MARK: Own actions

    /// Stamps an own action; for a dispatcher without a signer.
    ///
    /// The caller folds the update into its state at once.
    ///
    /// - Throws: ``GossipFault`` when the dispatcher was closed or no timestamp is left.
    public func dispatch(_ payload: Payload) throws -> (update: Update, saveToken: Int) {
        var duties = Duties()
        let stamped: (Update, Int)? = core.withLock { core in
            guard !core.isClosed, let update = core.machine.dispatch(payload, into: &core.effects)
            else { return nil }
            if !core.effects.isEmpty { Dispatcher.enqueue(&core, &duties) }
            return (update, core.lastToken)
        }
        perform(duties)
        guard let stamped else {
            throw GossipFault(.closed, "the store was closed, or no timestamp is left")
        }
        return stamped
    }

    /// Begins to sign an own action; `Hooks.dispatched` hears how it ended.
    ///
    /// - Throws: ``GossipFault`` when the dispatcher was closed.
    public func beginDispatch(_ payload: Payload, _ register: (DispatchID) -> Void) throws {
        var isClosed = false
        transition { core in
            isClosed = core.isClosed
            guard !isClosed else { return }
            core.machine.handle(.dispatched(payload), into: &core.effects)
            for case .sign(let id, _) in core.effects { register(id) }
        }
        if isClosed { throw GossipFault(.closed, "the store was closed") }
    }

    /// Waits until every own action dispatched so far is signed and durable; at once without a
    /// signer and without storage.
    ///
    /// - Throws: ``ScuttlebuttRuntime/StorageError`` when saving fails; what could not be saved is
    ///   kept and tried again, and has not left the process.
    public func flush() async throws {
        await signed()
        try await flush(token: core.withLock { $0.lastToken })
    }

    /// Waits until the signer has answered for all that it was given so far.
    private func signed() async {
        await withCheckedContinuation { continuation in
            let isDone = core.withLock { core in
                guard core.machine.oldestSigning != nil else { return true }
                core.signWaiters.append((core.machine.newestSigning, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    /// Waits until the save with this token is durable.
    func flush(token: Int) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<Void, any Error>? = core.withLock { core in
                if core.savedToken >= token { return .success(()) }
                if let failure = core.saveFailure { return .failure(failure) }
                core.flushWaiters.append((token, continuation))
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    /// Waits until some peer and we have all that the other had; at once if one has.
    public func synced() async {
        await withCheckedContinuation { continuation in
            let isSynced = core.withLock { core in
                if core.synced.isEmpty, !core.isClosed {
                    core.syncWaiters.append(continuation)
                    return false
                }
                return true
            }
            if isSynced { continuation.resume() }
        }
    }

    /// Takes no more own actions and ends waiting; returns when what was dispatched is durable or
    /// cannot be.
    public func close() async {
        let waiters = core.withLock { core in
            core.isClosed = true
            defer {
                core.syncWaiters = []
                core.roomWaiters = [:]
            }
            return core.syncWaiters + core.roomWaiters.values.map(\.waiter)
        }
        for waiter in waiters { waiter.resume() }
        // Nothing new is taken from here on, so what is flushed is all there is.
        try? await flush()
        await storage?.close()
    }

    /// Whether everything that happened so far has been folded and told.
    package var isIdle: Bool {
        core.withLock {
            $0.outbox.isEmpty && !$0.isDraining && $0.errands.isEmpty && !$0.isRunningErrands
        }
    }

    /// Reads the machine in place.
    public func withMachine<Result: Sendable>(_ body: (Dispatching) -> Result) -> Result {
        core.withLock { body($0.machine) }
    }

    /// The sources and timestamps that were accepted, the numbers of links, and more.
    public var status: GossipStatus {
        core.withLock { core in
            GossipStatus(
                connected: core.machine.gossip.peerCount,
                isSynced: core.machine.gossip.peerCount > 0
                    && core.synced.count == core.machine.gossip.peerCount,
                pending: core.machine.pendingCount, sources: core.machine.log.sourceCount,
                updates: core.machine.log.count)
        }
    }
}
