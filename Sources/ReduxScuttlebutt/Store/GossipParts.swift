// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization

/// What a gossiping store is put together from.
struct GossipParts<State: Sendable, Action: Sendable>: Sendable {
    let initial: State?
    let base: State
    let reducer: Reducer<State, Action>
    let codec: ActionCodec<Action>
    let isLocalOnly: @Sendable (Action) -> Bool
    let options: GossipOptions<Action>
    let storage: (any LogStorage)?
    var machine: Dispatching
    let folding = FoldingThread()

    init(
        initial: State?, reducer: Reducer<State, Action>, codec: ActionCodec<Action>,
        isLocalOnly: @escaping @Sendable (Action) -> Bool, options: GossipOptions<Action>,
        storage: (any LogStorage)? = nil, source: Source? = nil
    ) throws {
        self.initial = initial
        self.reducer = reducer
        self.codec = codec
        self.isLocalOnly = isLocalOnly
        self.options = options
        self.storage = storage
        base = try GossipParts.base(initial, reducer)
        var configuration = Dispatching.Configuration()
        configuration.signs = options.sign != nil
        configuration.verifies = options.verify != nil
        configuration.savesUpdates = storage != nil
        var generator = SystemRandomNumberGenerator()
        machine = Dispatching(
            source: source ?? options.source ?? .random(using: &generator),
            configuration: configuration)
    }

    /// The state before the first action: equal on all peers with the same reducer.
    static func base(_ initial: State?, _ reducer: Reducer<State, Action>) throws -> State {
        guard var base = initial ?? reducer.initialState() else {
            throw StoreFault(
                .noInitialState,
                "no first state was given and the reducer cannot make one; pass initial: or use "
                    + "starting(with:)")
        }
        try reducer.send(.initialize, to: &base)
        return base
    }

    /// The first state of the inner store.
    var timeline: Timeline<State, Action> {
        Timeline(base: base, reducer: reducer, spacing: options.snapshotSpacing)
    }

    /// The reducer of the inner store.
    var innerReducer: Reducer<Timeline<State, Action>, TimelineAction<State, Action>> {
        let folding = folding
        return Reducer { timeline, action in
            folding.begin()
            timeline.perform(action)
            folding.end()
        }
    }
}

/// Knows which thread is folding actions, so that a reducer that dispatches is told so before
/// anything is stamped.
final class FoldingThread: Sendable {
    /// Only the thread that folds writes its number here and takes it away, so a relaxed look tells
    /// each thread the truth about itself.
    private let owner = Atomic<UInt>(0)

    var isCurrent: Bool { owner.load(ordering: .relaxed) == currentThread() }

    func begin() { owner.store(currentThread(), ordering: .relaxed) }
    func end() { owner.store(0, ordering: .relaxed) }
}
