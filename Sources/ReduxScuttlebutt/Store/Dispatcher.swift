// SPDX-License-Identifier: MIT

public import Logging
public import Scuttlebutt
public import ScuttlebuttRuntime
import ScuttlebuttSecurity

/// The log of a store and its gossip with peers.
///
/// It is a face of `ReplicaEngine`, which does the work. This type decides when accepted updates
/// are folded into the state of a ``GossipStore``, and what is reported afterwards.
public final class Dispatcher: Sendable {
    /// The closures that a dispatcher calls.
    public struct Hooks: Sendable {
        /// Folds updates from others into the state, with one notification.
        ///
        /// It is called by one task at a time, outside the lock.
        public var apply: @Sendable ([Update]) -> Void
        /// Folds an own update that had to be signed first.
        public var signed: @Sendable (SigningID, Result<Update, ReplicaError>) -> Void
        /// Signs an action; throws to refuse it.
        public var sign: (@Sendable (Payload) async throws -> CheckedPayload)?
        /// Judges an update from another source.
        public var verify: (@Sendable (Update) async -> Verdict)?
        /// Receives every event, after the state shows its effect.
        public var report: @Sendable (ReplicaEvent) -> Void
        /// Called when the last peer has left, after everything before that is folded.
        public var separated: @Sendable () -> Void = {}
        /// Returns whether some of what was applied has no place yet, because memory no longer has
        /// what follows it.
        var isUnsettled: @Sendable () -> Bool = { false }
        /// Gives everything its place with the help of the storage.
        var settle: @Sendable () async -> Void = {}
        /// Returns whether the state begins with that of a peer.
        var isProvisional: @Sendable () -> Bool = { false }
        /// Folds the history instead, if all of it is here.
        var complete: @Sendable () async -> Void = {}
        /// Prepares a connection before its session begins.
        var prepare:
            (
                @Sendable (any Link, SessionOptions, _ isDialled: Bool) async -> (
                    link: any Link, options: SessionOptions
                )
            )?
        /// Called after each save, with the number of updates in the log and the average size of
        /// those in memory, in bytes.
        var saved: (@Sendable (_ count: Int, _ averageSize: Int) -> Void)?
        /// Lets the program decide when a batch is folded; see ``GossipOptions/customDispatch``.
        public var schedule: (@Sendable (_ flush: @escaping @Sendable () -> Void) -> Void)?

        /// Creates hooks that fold with `apply` and do nothing else.
        public init(
            apply: @escaping @Sendable ([Update]) -> Void,
            signed: @escaping @Sendable (SigningID, Result<Update, ReplicaError>) -> Void =
                { _, _ in },
            report: @escaping @Sendable (ReplicaEvent) -> Void = { _ in }
        ) {
            self.apply = apply
            self.signed = signed
            self.report = report
        }
    }

    let engine: ReplicaEngine<UpdateLog>

    /// Creates the dispatcher of a log.
    ///
    /// - Parameters:
    ///   - replica: The replica, with everything restored from `storage`.
    ///   - hooks: What the store does with accepted updates.
    ///   - storage: Stores accepted updates; `nil` for none.
    ///   - budget: How much of the log stays in memory if the storage can be read in part.
    ///   - logger: Hears of faults that no event reports.
    ///   - sleep: Waits; tests pass a virtual one.
    public init(
        _ replica: Replica<UpdateLog>, hooks: Hooks, storage: (any LogStorage)? = nil,
        budget: MemoryBudget = .unlimited,
        logger: Logger = Logger(label: "scuttlebutt.dispatcher"),
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        let batch = FoldingBatch(hooks)
        var engineHooks = ReplicaHooks<UpdateLog>(logger: logger, sleep: sleep)
        // A long replay must not run on the thread of a program that dispatches.
        engineHooks.deliverInTask = { engine, notices, _ in
            await batch.deliver(engine, notices)
        }
        if storage is any TieredLogStorage {
            engineHooks.saved = { [saved = hooks.saved] engine in
                engine.keepWithin(budget)
                let (count, size) = engine.withReplica { replica in
                    let log = replica.value
                    return (log.count, log.byteCount / max(1, log.memoryCount))
                }
                saved?(count, size)
            }
        }
        engineHooks.prepare = hooks.prepare
        engineHooks.sign = hooks.sign
        engineHooks.verify = hooks.verify
        if hooks.verify != nil { engineHooks.fingerprint = { Fingerprint(of: $0) } }
        engine = ReplicaEngine(replica, storage: storage, hooks: engineHooks)
    }

    /// The host of the store's sessions.
    public var host: any SessionHost { engine }

    /// The source of own actions.
    public var source: Source { engine.withReplica { $0.source } }

    /// Stamps an own action; for a dispatcher without a signer.
    ///
    /// The caller folds the update into its state at once.
    ///
    /// - Returns: The timestamp of the update, and the token of its save.
    /// - Throws: `ReplicaError` if the dispatcher is closed or no timestamp is left.
    public func dispatch(
        _ payload: consuming CheckedPayload
    ) throws(ReplicaError) -> (timestamp: Timestamp, saveToken: Int) {
        try engine.write(payload)
    }

    /// Begins to sign an own action; `Hooks.signed` receives the result.
    ///
    /// - Throws: `ReplicaError` if the dispatcher is closed.
    public func beginDispatch(
        _ payload: CheckedPayload, _ register: (SigningID) -> Void
    ) throws(ReplicaError) {
        try engine.submit(payload, register)
    }

    /// Waits until all own actions dispatched so far are signed and durable; returns at once
    /// without a signer and without storage.
    ///
    /// - Throws: `StorageError` if saving fails. What could not be saved is kept and retried, and
    ///   has not left the process.
    public func flush() async throws { try await engine.flush() }

    /// Waits until the save with this token is durable.
    func flush(token: Int) async throws { try await engine.flush(token: token) }

    /// Waits until this store and some peer have everything that the other had; returns at once if
    /// this is already so.
    public func synced() async { await engine.synced() }

    /// Waits until some peer has said what it has, or this time is over.
    func headerReceived(within limit: Duration) async -> Bool {
        await engine.waitForHeader(within: limit)
    }

    /// Refuses further own actions and ends all waits; returns when dispatched actions are durable
    /// or cannot become so.
    public func close() async { await engine.close() }

    /// Whether everything that happened so far has been folded and reported.
    package var isIdle: Bool { engine.isIdle }

    /// Reads the replica in place.
    public func withReplica<Result: Sendable>(_ body: (Replica<UpdateLog>) -> Result) -> Result {
        engine.withReplica(body)
    }

    /// The number of updates in the log, including own ones that are not saved yet.
    public var updateCount: Int { withReplica { $0.value.count } }

    /// The status of the log with respect to its peers.
    public var status: ReplicaStatus { engine.status }
}
