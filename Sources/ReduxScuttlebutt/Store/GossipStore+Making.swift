// SPDX-License-Identifier: MIT

public import Redux
import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding
public import ScuttlebuttRuntime

extension GossipStore {
    /// Creates a store that keeps its log in memory.
    ///
    /// - Parameters:
    ///   - initial: The state before the first action, equal on all peers; `nil` if the reducer
    ///     creates it.
    ///   - reducer: The reducer, which must be deterministic, because it sees actions again after
    ///     each rewind.
    ///   - codec: Encodes and decodes actions.
    ///   - options: The options of the store.
    /// - Throws: A `StoreError` when there is no first state.
    @inlinable
    public convenience init(
        initial: State? = nil, reducer: Reducer<State, Action>, codec: ActionCodec<Action>,
        options: GossipOptions<Action> = GossipOptions()
    ) throws {
        let parts = try GossipParts(
            initial: initial, reducer: reducer, codec: codec, isLocalOnly: nil,
            options: options)
        try self.init(parts, PlainStoreCreator(onFault: options.onFault), restored: [])
    }

    /// Creates a store with a stored log, and restores it.
    ///
    /// An own action leaves the process only after it has been saved. The source and the clock come
    /// from the log, so after a restart the state and the clock are as before.
    ///
    /// With a storage that can be read in part (`TieredLogStorage`) memory is bounded by
    /// ``GossipOptions/memoryBudget``, and with `checkpoints` the store starts from the newest
    /// state that was stored.
    ///
    /// - Throws: A `StoreError` when there is no first state, a `StorageError` when the log cannot
    ///   be read.
    @inlinable
    public convenience init(
        initial: State? = nil, reducer: Reducer<State, Action>, codec: ActionCodec<Action>,
        storage: any LogStorage, checkpoints: Checkpoints<State>? = nil,
        options: GossipOptions<Action> = GossipOptions()
    ) async throws {
        let (parts, restored) = try await GossipParts.restored(
            initial: initial, reducer: reducer, codec: codec, isLocalOnly: nil,
            options: options, storage: storage, checkpoints: checkpoints, work: .work(codec))
        try self.init(parts, PlainStoreCreator(onFault: options.onFault), restored: restored)
    }

    @inlinable
    convenience init(
        _ parts: GossipParts<State, Action>, _ creator: any StoreCreator, restored: [Update]
    ) throws {
        self.init(
            parts: parts, inner: try creator.create(parts.innerState, parts.innerReducer),
            work: .work(parts.codec), restored: restored)
    }
}

extension GossipStore where Action: GossipAction {
    /// Creates a store of `Codable` actions that keeps its log in memory.
    ///
    /// Actions travel in the flat form, `{"type":"<case>","payload":…}`.
    ///
    /// - Throws: A `StoreError` when there is no first state.
    @inlinable
    public convenience init(
        initial: State? = nil, reducer: Reducer<State, Action>,
        options: GossipOptions<Action> = GossipOptions()
    ) throws {
        let parts = try GossipParts(
            initial: initial, reducer: reducer, codec: .flat, isLocalOnly: { $0.isLocalOnly },
            options: options)
        try self.init(parts, PlainStoreCreator(onFault: options.onFault), restored: [])
    }

    /// Creates a store of `Codable` actions with a stored log, and restores it.
    ///
    /// - Throws: A `StoreError` when there is no first state, a `StorageError` when the log cannot
    ///   be read.
    @inlinable
    public convenience init(
        initial: State? = nil, reducer: Reducer<State, Action>, storage: any LogStorage,
        checkpoints: Checkpoints<State>? = nil,
        options: GossipOptions<Action> = GossipOptions()
    ) async throws {
        let (parts, restored) = try await GossipParts.restored(
            initial: initial, reducer: reducer, codec: .flat, isLocalOnly: { $0.isLocalOnly },
            options: options, storage: storage, checkpoints: checkpoints, work: .work(.flat))
        try self.init(parts, PlainStoreCreator(onFault: options.onFault), restored: restored)
    }
}

/// Makes any store share its actions, like the enhancer of redux-scuttlebutt in JavaScript.
///
/// ```swift
/// let store = try Store(initial: 0, reducer: counter, enhancer: ScuttlebuttEnhancer<Counter>())
/// store.enhancement(GossipStore<Int, Counter>.self)?.connect(.webSocket("ws://127.0.0.1:3000/ws"))
/// ```
///
/// It lifts the state: the inner store holds the history. Enhancers outside it in `compose` see the
/// program's state and actions.
public struct ScuttlebuttEnhancer<Action: Sendable>: StoreEnhancer {
    private let codec: ActionCodec<Action>
    private let isLocalOnly: (@Sendable (Action) -> Bool)?
    private let options: GossipOptions<Action>

    /// The kind of this enhancer, because a store can gossip only once.
    public var exclusiveKind: EnhancerKind? { EnhancerKind("scuttlebutt") }

    /// Creates the enhancer of stores with these actions.
    public init(codec: ActionCodec<Action>, options: GossipOptions<Action> = GossipOptions()) {
        self.codec = codec
        self.options = options
        isLocalOnly = nil
    }

    /// Returns a creator whose stores gossip.
    public func enhance(_ next: any StoreCreator) -> any StoreCreator {
        Creator(next: next, codec: codec, isLocalOnly: isLocalOnly, options: options)
    }

    private struct Creator: StoreCreator {
        let next: any StoreCreator
        let codec: ActionCodec<Action>
        let isLocalOnly: (@Sendable (Action) -> Bool)?
        let options: GossipOptions<Action>

        func create<State: Sendable, StoreAction: Sendable>(
            _ initial: State?, _ reducer: Reducer<State, StoreAction>
        ) throws -> any StoreProtocol<State, StoreAction> {
            guard let reducer = reducer as? Reducer<State, Action> else {
                throw StoreError(
                    .refusedAction,
                    "the enhancer shares \(Action.self), but the store is of \(StoreAction.self)")
            }
            let parts = try GossipParts(
                initial: initial, reducer: reducer, codec: codec, isLocalOnly: isLocalOnly,
                options: options)
            let store = try GossipStore(parts, next, restored: [])
            guard let made = store as? any StoreProtocol<State, StoreAction> else {
                throw StoreError(.refusedAction, "the store's type was lost while it was made")
            }
            return made
        }
    }
}

extension ScuttlebuttEnhancer where Action: GossipAction {
    /// Creates the enhancer of stores with `Codable` actions in the flat form.
    public init(options: GossipOptions<Action> = GossipOptions()) {
        codec = .flat
        self.options = options
        isLocalOnly = { $0.isLocalOnly }
    }
}
