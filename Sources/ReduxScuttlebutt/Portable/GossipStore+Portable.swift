// SPDX-License-Identifier: MIT

public import PortableReducers
public import Redux
public import ScuttlebuttCoding
public import ScuttlebuttRuntime

extension GossipStore where State: PortableState, Action == State.Action {
    /// Creates a store of a state that pages fold too, with the log in memory.
    ///
    /// ```swift
    /// let store = try GossipStore(Votes.self)
    /// store.dispatch(.yes)
    /// ```
    ///
    /// - Throws: Nothing that a portable state can cause.
    public convenience init(
        _ state: State.Type, options: GossipOptions<Action> = GossipOptions()
    ) throws {
        try self.init(reducer: .portable, codec: .portable, options: options)
    }

    /// Creates a store of a state that pages fold too, with a stored log, and restores it.
    ///
    /// - Throws: A `StorageError` when the log cannot be read.
    public convenience init(
        _ state: State.Type, storage: any LogStorage, checkpoints: Checkpoints<State>? = nil,
        options: GossipOptions<Action> = GossipOptions()
    ) async throws {
        try await self.init(
            reducer: .portable, codec: .portable, storage: storage, checkpoints: checkpoints,
            options: options)
    }
}

extension Reducer where State: PortableState, Action == State.Action {
    /// The reducer of a portable state, which provides the first one.
    public static var portable: Reducer {
        Reducer { state, action, meta in state.reduce(action, at: meta.stamp) }
            .starting(with: State())
    }
}

extension Reducer where State: PortableState, Action == RawAction {
    /// The reducer of a portable state for actions that were not decoded.
    ///
    /// Those that are not of this state change nothing, so that several states share one log.
    public static var portable: Reducer {
        Reducer { state, action, meta in state.reduce(action, at: meta) }
            .starting(with: State())
    }
}

extension PortableState {
    /// Folds an action that was not decoded, if it is one of this state.
    public mutating func reduce(_ action: RawAction, at meta: ActionMeta) {
        guard let text = ActionText(action.payload), let action = Action(text) else { return }
        reduce(action, at: meta.stamp)
    }
}

extension PortableAction {
    /// The action as bytes, for a store of several states.
    public var raw: RawAction { RawAction(payload: jsonBytes) }
}

extension ActionCodec where Action: PortableAction {
    /// The form in which a portable action describes itself.
    public static var portable: ActionCodec {
        ActionCodec(
            encode: { action in action.jsonBytes },
            decode: { payload in ActionText(payload).flatMap { Action($0) } })
    }
}
