// SPDX-License-Identifier: MIT

public import Redux
public import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding
public import ScuttlebuttRuntime
import Synchronization

/// The parts from which a gossiping store is assembled.
@usableFromInline
struct GossipParts<State: Sendable, Action: Sendable>: Sendable {
    @usableFromInline let initial: State?
    @usableFromInline let base: State
    @usableFromInline let reducer: Reducer<State, Action>
    @usableFromInline let codec: ActionCodec<Action>
    @usableFromInline let isLocalOnly: (@Sendable (Action) -> Bool)?
    @usableFromInline let options: GossipOptions<Action>
    @usableFromInline let storage: (any LogStorage)?
    @usableFromInline var replica: Replica<UpdateLog>
    /// How the state is stored now and then.
    @usableFromInline var checkpoints: Checkpoints<State>?
    /// The history as it was restored from a storage that can be read in part.
    @usableFromInline var restored: History<State, Action>?
    /// What was found there.
    @usableFromInline var opened: OpenedLog?
    /// The unknown actions that were restored.
    @usableFromInline var restoredUnknown: [Stamp] = []
    @usableFromInline let folding = FoldingThread()
    @usableFromInline let replay = BackgroundReplay<State, Action>()

    @usableFromInline
    init(
        initial: State?, reducer: Reducer<State, Action>, codec: ActionCodec<Action>,
        isLocalOnly: (@Sendable (Action) -> Bool)?, options: GossipOptions<Action>,
        storage: (any LogStorage)? = nil, source: Source? = nil
    ) throws {
        self.initial = initial
        self.reducer = reducer
        self.codec = codec
        self.isLocalOnly = isLocalOnly
        self.options = options
        self.storage = storage
        base = try GossipParts.base(initial, reducer)
        var configuration = ReplicaConfiguration.actions
        configuration.signs = options.sign != nil
        configuration.verifies = options.verify != nil
        configuration.wire = ClassicWire(rules: .fork, bounds: options.bounds)
        configuration.savesUpdates = storage != nil
        configuration.sharesStorage = (storage as? any SharedLogStorage)?.isShared ?? false
        configuration.mayHaveWritten = options.sourceMayHaveWritten && storage == nil
        var generator = SystemRandomNumberGenerator()
        replica = Replica(
            UpdateLog(), source: source ?? options.source ?? .random(using: &generator),
            configuration: configuration)
    }

    /// Returns the state before the first action, which is equal on all peers with the same
    /// reducer.
    @usableFromInline
    static func base(_ initial: State?, _ reducer: Reducer<State, Action>) throws -> State {
        guard var base = initial ?? reducer.initialState() else {
            throw StoreError(
                .noInitialState,
                "no first state was given and the reducer cannot make one; pass initial: or use "
                    + "starting(with:)")
        }
        try reducer.send(.initialize, to: &base)
        return base
    }

    /// The first state of the inner store.
    @inlinable var innerState: InnerState<State, Action> {
        InnerState(base: base, history: restored ?? firstHistory)
    }

    /// The history before the first action.
    @inlinable var firstHistory: History<State, Action> {
        var history = History(
            base: base, reducer: InnerState.folding(reducer), spacing: options.snapshotSpacing)
        history.keepArchive { [codec] payload in (try? codec.decode(payload)) ?? nil }
        return history
    }

    /// The reducer of the inner store.
    @inlinable var innerReducer: Reducer<InnerState<State, Action>, InnerAction<State, Action>> {
        let (folding, replay) = (folding, replay)
        return Reducer { state, action in
            folding.begin()
            state.perform(action, replay)
            folding.end()
        }
    }
}

/// Records which threads are folding actions or reading the state in place, so that a dispatch on
/// such a thread is refused before anything is stamped.
@usableFromInline
final class FoldingThread: Sendable {
    /// Only the folding thread stores and removes its number, so a relaxed load gives each thread
    /// the correct answer about itself.
    private let owner = Atomic<UInt>(0)
    /// The same for the thread that replays on a copy; there is at most one.
    private let apart = Atomic<UInt>(0)

    @usableFromInline init() {}

    @usableFromInline var isCurrent: Bool {
        let thread = currentThread()
        return owner.load(ordering: .relaxed) == thread || apart.load(ordering: .relaxed) == thread
    }

    @usableFromInline
    func begin(on thread: UInt = currentThread()) { owner.store(thread, ordering: .relaxed) }
    @usableFromInline
    func end() { owner.store(0, ordering: .relaxed) }

    func beginInBackground() { apart.store(currentThread(), ordering: .relaxed) }
    func endInBackground() { apart.store(0, ordering: .relaxed) }

    /// Runs a body that may only read; it is called under the lock of the inner store.
    func reading<Result>(_ body: () throws -> Result) rethrows -> Result {
        // Reads may be nested within a reducer or within other reads.
        let outer = owner.exchange(currentThread(), ordering: .relaxed)
        defer { owner.store(outer, ordering: .relaxed) }
        return try body()
    }
}
