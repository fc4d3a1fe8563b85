// SPDX-License-Identifier: MIT

public import Redux
import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding
public import ScuttlebuttRuntime
import Synchronization

/// A store whose actions are shared: every peer folds everybody's actions, in one order, with the
/// same reducer.
///
/// A local action takes effect at once. One that arrives late takes its place in the order: the
/// state goes back and is folded again from there. Any thread may call anything; subscribers run on
/// the thread that dispatched, or on a task of the store for what came from others.
///
/// ```swift
/// let store = try GossipStore(initial: 0, reducer: counter)
/// store.connect(try .webSocket("ws://127.0.0.1:3000/ws"))
/// store.dispatch(.increment)
/// ```
public final class GossipStore<State: Sendable, Action: Sendable>: StoreProtocol {
    @usableFromInline
    let inner: any StoreProtocol<InnerState<State, Action>, InnerAction<State, Action>>
    /// `inner`, if it is a plain store without enhancers; see ``/Redux/DirectStore``.
    @usableFromInline
    let direct: DirectStore<InnerState<State, Action>, InnerAction<State, Action>>?
    @usableFromInline let codec: ActionCodec<Action>
    let options: GossipOptions<Action>
    let initial: State?
    /// Returns whether an action stays local by itself; `nil` if only the name of its type decides.
    @usableFromInline let isLocalOnly: (@Sendable (Action) -> Bool)?
    @usableFromInline let admission: Admission
    @usableFromInline let folding: FoldingThread
    @usableFromInline let replay: BackgroundReplay<State, Action>
    @usableFromInline let archiver: HistoryArchiver<State, Action>
    let signed: SignedActions<Action>
    private let tiers: StoreTiers<State, Action>?
    /// The log with its storage and its sessions.
    public let dispatcher: Dispatcher
    /// The connections.
    public let swarm: Swarm

    @usableFromInline
    init(
        parts: GossipParts<State, Action>,
        inner: any StoreProtocol<InnerState<State, Action>, InnerAction<State, Action>>,
        work: BatchWork<State, Action>, restored: [Update]
    ) {
        self.inner = inner
        direct = DirectStore(unretained: inner)
        codec = parts.codec
        source = parts.replica.source
        options = parts.options
        initial = parts.initial
        folding = parts.folding
        replay = parts.replay
        admission = Admission(
            folding: parts.folding, wire: parts.replica.configuration.wire,
            limits: EncodedAction.ProvenLimits(parts.replica.configuration.wire),
            isGossipType: parts.options.isGossipType,
            signs: parts.options.sign != nil)
        isLocalOnly = parts.isLocalOnly
        let (codec, options) = (parts.codec, parts.options)
        let replay = parts.replay
        let engine = EngineReference()
        let archiver = HistoryArchiver(inner: inner, replay: replay, engine: engine)
        self.archiver = archiver
        let receiver = BatchReceiver(
            inner: inner, work: work, replay: replay, folding: parts.folding,
            report: options.onEvent)
        receiver.apply(restored, mayReplayInBackground: false)
        if let opened = parts.opened {
            for stamp in parts.restoredUnknown { options.onEvent?(.unknown(stamp)) }
            options.onEvent?(.opened(opened))
        }
        let view = HistoryView<Action> {
            // Old actions are decoded for it, so not under the lock.
            let gossiped = inner.withState { $0.history.gossiped }
            return gossiped.compactMap { entry in
                entry.stamp.map { HistoryView<Action>.Record(stamp: $0, action: entry.action) }
            }
        }
        let signed = SignedActions<Action>()
        self.signed = signed
        let admission = admission
        var hooks = Dispatcher.Hooks(
            apply: { updates in
                archiver.handOverIfDue(adding: updates.count)
                receiver.apply(updates)
            },
            signed: { id, result in
                signed.settle(id, result, fold: { inner.dispatch(.batch([$0])) }) {
                    try codec.decode($0)
                }
            },
            report: { event in options.onEvent?(.replica(event)) })
        hooks.separated = { replay.keepSnapshot() }
        hooks.schedule = options.customDispatch
        if let sign = options.sign {
            hooks.sign = { payload in
                guard let action = try codec.decode(payload) else {
                    throw ReplicaError(.notEncodable, "the action cannot be read back for signing")
                }
                return try codec.write(try await sign(action, view)).checked(for: admission.wire)
            }
        }
        if let verify = options.verify {
            hooks.verify = { update in
                let unverified = Unverified(
                    action: try? codec.decode(update.payload), payload: update.payload,
                    stamp: update.stamp)
                do {
                    return try await verify(unverified, view)
                        ? .accepted : .refused("the verifier said no")
                } catch {
                    return .failed("\(error)")
                }
            }
        }
        let tiers = StoreTiers(parts, inner: inner, work: work, engine: engine)
        self.tiers = tiers
        tiers?.join(&hooks)
        dispatcher = Dispatcher(
            parts.replica, hooks: hooks, storage: parts.storage, budget: options.memoryBudget,
            logger: options.logger, sleep: options.sleep)
        engine.withLock { [engine = dispatcher.engine] in $0 = engine }
        if let opened = parts.opened { tiers?.begin(count: opened.updateCount) }
        swarm = Swarm(
            dispatcher.host, backOff: options.backOff, watch: options.silenceWatch,
            logger: options.logger,
            lease: (parts.storage as? any SharedLogStorage)?.connectionLease,
            sleep: options.sleep)
        dispatcher.engine.follow()
    }

    // MARK: The store

    /// The newest state: all actions folded in agreed order.
    public var state: State { inner.withState { $0.history.current } }

    /// Reads the newest state in place, under the lock and without a copy.
    public func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        try inner.withState { state in
            try folding.reading { try body(state.history.current) }
        }
    }

    /// Calls `body` after each dispatch and after each folded batch.
    public func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
        inner.subscribe(body)
    }

    /// Replaces the reducer and folds the whole history with the new one, from the base (G17).
    ///
    /// If a part of the history is only in the storage, this goes on in the background, and the
    /// state shows the new reducer's work when all of it is folded.
    public func replaceReducer(_ reducer: Reducer<State, Action>) {
        do {
            // A reducer that cannot create a first state continues with the existing one.
            let canBegin = initial != nil || reducer.initialState() != nil
            let base = canBegin ? try GossipParts<State, Action>.base(initial, reducer) : nil
            inner.dispatch(.replaceReducer(reducer, base: base))
            tiers?.settleSoon()
        } catch {
            report(error)
        }
    }

    /// Ends all subscriptions and state sequences; ``shutDown()`` ends the connections too.
    public func close() { inner.close() }

    /// Returns this store if it has the requested type, or what the inner store returns.
    public func enhancement<Part>(_ type: Part.Type) -> Part? {
        self as? Part ?? inner.enhancement(type)
    }

    // MARK: Peers

    /// The source under which this store writes.
    public let source: Source

    /// Dials a peer now, and again whenever the connection is lost.
    ///
    /// If the storage is shared with other processes, this process dials only while it holds the
    /// lease of the connection; otherwise another one sends what is dispatched here, and
    /// ``synced()`` waits until this one connects.
    @discardableResult
    public func connect(
        _ transport: some Transport, options: SessionOptions = SessionOptions()
    ) -> Swarm.Connection {
        swarm.connect(transport, options: options)
    }

    /// The status of the store with respect to its peers.
    public var status: ReplicaStatus { dispatcher.status }

    /// The number of actions in the log.
    public var updateCount: Int { dispatcher.updateCount }

    /// The number of checkpoints that were stored since the store was opened.
    public var checkpointsStored: Int { tiers?.checkpointsStored ?? 0 }

    /// Waits until all own actions dispatched so far are signed and durable; returns at once
    /// without a signer and without storage.
    ///
    /// - Throws: `StorageError` if saving fails. No unsaved own action has left the process.
    public func flush() async throws { try await dispatcher.flush() }

    /// Waits until this store and some peer have everything that the other had, and the peer has
    /// confirmed what was dispatched here before the call; returns at once if this is already so.
    public func synced() async { await dispatcher.synced() }

    /// Waits until some peer has said what it has, or this time is over; at once if one has.
    ///
    /// An action that is dispatched before that, by a store that has nothing yet, takes its place
    /// at the beginning of everybody's history. A program that dispatches as soon as it starts
    /// calls this between ``connect(_:options:)`` and its first action.
    ///
    /// - Returns: Whether a peer has said what it has.
    @discardableResult
    public func headerReceived(within limit: Duration = .seconds(2)) async -> Bool {
        await dispatcher.headerReceived(within: limit)
    }

    /// Who is here: small values that peers share while they are connected, outside of the log.
    public var presence: Presence { Presence(dispatcher.engine) }

    /// Ends the connections, saves what remains to be saved, and closes the storage.
    public func shutDown() async {
        await dispatcher.engine.leave()
        await swarm.shutDown()
        // Before the storage is closed; a checkpoint that is half made is not needed.
        await tiers?.stop()
        await dispatcher.close()
        inner.close()
    }

    @usableFromInline
    func report(_ error: any Error) {
        StoreError.of(error).report(to: options.onFault)
    }
}

extension StoreError {
    fileprivate static func of(_ error: any Error) -> StoreError {
        if let fault = error as? StoreError { return fault }
        let isInReducer = (error as? ReplicaError)?.code == .dispatchInReducer
        return StoreError(
            isInReducer ? .dispatchInReducer : .refusedAction, "\(error)", cause: error)
    }
}

extension StoreError.Code {
    /// An action was refused before it changed anything.
    public static let refusedAction = StoreError.Code("refusedAction")
}
