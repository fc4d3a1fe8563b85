// SPDX-License-Identifier: MIT

public import Logging
public import Scuttlebutt
public import ScuttlebuttRuntime
import ScuttlebuttSecurity
import Synchronization

/// The log of a store and its gossip with peers: the face of the engine that folds what is accepted
/// into a state.
///
/// ``GossipStore`` has one. The engine does the work, see `ReplicaEngine`; this type decides when
/// updates are folded, and what is reported after that.
public final class Dispatcher: Sendable {
    /// What a dispatcher calls.
    public struct Hooks: Sendable {
        /// Folds updates of others into the state, with one notification.
        ///
        /// Called by one task at a time, outside of the lock.
        public var apply: @Sendable ([Update]) -> Void
        /// Folds an own update that had to be signed first.
        public var signed: @Sendable (SigningID, Result<Update, GossipError>) -> Void
        /// Signs an action; throws to refuse it.
        public var sign: (@Sendable (Payload) async throws -> CheckedPayload)?
        /// Judges an update of somebody else.
        public var verify: (@Sendable (Update) async -> Verdict)?
        /// Hears of everything that happens, after the state shows it.
        public var report: @Sendable (ReplicaEvent) -> Void
        /// Hears that the last peer has left, once everything that came before is folded.
        public var separated: @Sendable () -> Void = {}
        /// Lets the program decide when a batch is folded; see ``GossipOptions/customDispatch``.
        public var schedule: (@Sendable (_ flush: @escaping @Sendable () -> Void) -> Void)?

        /// Creates hooks that fold with `apply` and do nothing else.
        public init(
            apply: @escaping @Sendable ([Update]) -> Void,
            signed: @escaping @Sendable (SigningID, Result<Update, GossipError>) -> Void =
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
    ///   - replica: With everything restored from `storage`.
    ///   - storage: Where accepted updates are kept; `nil` for none.
    ///   - sleep: Waits; tests pass a virtual one.
    public init(
        _ replica: Replica<UpdateLog>, hooks: Hooks, storage: (any LogStorage)? = nil,
        logger: Logger = Logger(label: "scuttlebutt.dispatcher"),
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        let batch = FoldingBatch(hooks)
        var engineHooks = ReplicaHooks<UpdateLog>(logger: logger, sleep: sleep) {
            engine, notices, _ in
            batch.deliver(engine, notices)
        }
        // A long replay must not run on the thread of a program that dispatches.
        engineHooks.deliversInTask = true
        engineHooks.sign = hooks.sign
        engineHooks.verify = hooks.verify
        if hooks.verify != nil { engineHooks.fingerprint = { Fingerprint(of: $0) } }
        engine = ReplicaEngine(replica, storage: storage, hooks: engineHooks)
    }

    /// What the connections of the store talk to.
    public var host: any SessionHost { engine }

    /// The source that own actions are stamped with.
    public var source: Source { engine.state.withLock { $0.replica.source } }

    /// Stamps an own action; for a dispatcher without a signer.
    ///
    /// The caller folds the update into its state at once.
    ///
    /// - Returns: The update, and the token of its save.
    /// - Throws: ``GossipError`` when the dispatcher was closed or no timestamp is left.
    public func dispatch(
        _ payload: CheckedPayload
    ) throws(GossipError) -> (update: Update, saveToken: Int) {
        do throws(ReplicaError) {
            return try engine.write(payload)
        } catch {
            throw GossipError(error)
        }
    }

    /// Begins to sign an own action; `Hooks.signed` hears how it ended.
    ///
    /// - Throws: ``GossipError`` when the dispatcher was closed.
    public func beginDispatch(
        _ payload: CheckedPayload, _ register: (SigningID) -> Void
    ) throws(GossipError) {
        do throws(ReplicaError) {
            try engine.submit(payload, register)
        } catch {
            throw GossipError(error)
        }
    }

    /// Waits until every own action dispatched so far is signed and durable; at once without a
    /// signer and without storage.
    ///
    /// - Throws: `StorageError` when saving fails. What could not be saved is kept and tried again,
    ///   and has not left the process.
    public func flush() async throws { try await engine.flush() }

    /// Waits until the save with this token is durable.
    func flush(token: Int) async throws { try await engine.flush(token: token) }

    /// Waits until some peer and we have everything the other had; at once if one has.
    public func synced() async { await engine.synced() }

    /// Takes no more own actions and ends waiting; returns when what was dispatched is durable or
    /// cannot be.
    public func close() async { await engine.close() }

    /// Whether everything that happened so far has been folded and reported.
    package var isIdle: Bool { engine.isIdle }

    /// Reads the replica in place.
    public func withReplica<Result: Sendable>(_ body: (Replica<UpdateLog>) -> Result) -> Result {
        engine.state.withLock { body($0.replica) }
    }

    /// How many updates are in the log, own ones included that are not saved yet.
    public var updateCount: Int { withReplica { $0.value.count } }

    /// How the log stands with its peers.
    public var status: ReplicaStatus { engine.status }
}
