// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// What a store does so that memory is only a cache of its storage: it trims the history, stores
/// checkpoints, and reads the log again for actions that come very late.
struct StoreTiers<State: Sendable, Action: Sendable>: Sendable {
    let engine: EngineReference
    private let deep: DeepReplay<State, Action>
    private let checkpointer: Checkpointer<State, Action>?
    private let door: JoinDoor<State, Action>?
    private let inner: DeepReplay<State, Action>.Inner
    private let replay: BackgroundReplay<State, Action>
    private let budget: MemoryBudget

    /// Returns `nil` for a store whose log is in memory or in a storage that is read as a whole.
    init?(
        _ parts: GossipParts<State, Action>, inner: DeepReplay<State, Action>.Inner,
        work: BatchWork<State, Action>, engine: EngineReference
    ) {
        guard let storage = parts.storage as? any TieredLogStorage else { return nil }
        let onEvent = parts.options.onEvent
        let book = parts.checkpointBook(storage)
        self.inner = inner
        self.engine = engine
        replay = parts.replay
        budget = parts.options.memoryBudget
        deep = DeepReplay(
            inner: inner, storage: storage, book: book, work: work, replay: parts.replay,
            folding: parts.folding, budget: budget,
            flush: { [engine] in try await engine.flush() },
            report: { onEvent?($0) })
        // Within what the history keeps.
        let distance = min(128, max(1, budget.historyCount(averageSize: 0) / 2))
        checkpointer = book.map { book in
            Checkpointer(
                book: book, work: work, startingAt: parts.opened?.checkpoint?.count ?? 0,
                distance: distance,
                present: {
                    inner.withState { state in
                        DeepReplay.isNeeded(state) || state.provisional != nil
                            ? nil
                            : Checkpointer<State, Action>.Present(
                                state.history, distance: distance)
                    }
                },
                origin: {
                    inner.withState { $0.history.restarted(at: $0.origin) }
                },
                flush: { [engine] in try await engine.flush() },
                report: { onEvent?(.checkpointFailed($0)) })
        }
        let options = parts.options
        door = book.map { [deep, checkpointer] book in
            let wire = parts.replica.configuration.wire
            let joiner = Joiner(
                Joiner.Parts(
                    settings: book.settings, inner: inner, work: work, replay: parts.replay,
                    folding: parts.folding, budget: parts.options.memoryBudget, engine: engine,
                    own: parts.replica.source, verifies: options.verify != nil, wire: wire,
                    sleep: options.sleep,
                    report: { onEvent?(.joining($0)) }),
                deep, onRebuilt: Self.settling(deep, checkpointer, inner))
            return JoinDoor(
                joiner, CheckpointServer(book, wire: wire), sleep: options.sleep)
        }
    }

    /// Stores a checkpoint if the store has folded much to start.
    func begin(count: Int) {
        guard let checkpointer else { return }
        Task { await checkpointer.noteSaved(count: count) }
    }

    /// The number of checkpoints that were stored.
    var checkpointsStored: Int { checkpointer?.storedCount.load(ordering: .relaxed) ?? 0 }

    /// Stores no more checkpoints; returns when none is being stored.
    func stop() async {
        await door?.joiner.stop()
        await checkpointer?.stop()
    }

    /// Gives every action its place, and folds with a new reducer, if that needs the storage.
    func settleSoon() {
        guard inner.withState({ DeepReplay.isNeeded($0) }) else { return }
        let settle = settle
        Task { await settle() }
    }

    /// Gives every action its place, and stores a checkpoint of the result.
    private var settle: @Sendable () async -> Void {
        let (settle, door) = (Self.settling(deep, checkpointer, inner), door)
        return {
            await settle()
            await door?.joiner.noteSettled()
        }
    }

    private static func settling(
        _ deep: DeepReplay<State, Action>, _ checkpointer: Checkpointer<State, Action>?,
        _ inner: DeepReplay<State, Action>.Inner
    ) -> @Sendable () async -> Void {
        {
            await deep.settle()
            guard let checkpointer, !inner.withState({ DeepReplay.isNeeded($0) }) else { return }
            await checkpointer.noteRebuilt()
            // Events wait for the replay, but not for this.
            let count = inner.withState { $0.history.gossipedCount }
            Task { await checkpointer.noteSaved(count: count) }
        }
    }

    /// Adds what is to be done after a batch and after each save.
    func join(_ hooks: inout Dispatcher.Hooks) {
        let (inner, checkpointer, replay, budget) = (inner, checkpointer, replay, budget)
        hooks.isUnsettled = { inner.withState { DeepReplay.isNeeded($0) } }
        let settle = settle
        hooks.settle = settle
        if let door {
            hooks.isProvisional = { inner.withState { $0.provisional != nil } }
            hooks.complete = { await door.joiner.noteLevel() }
            hooks.prepare = { await door.prepare($0, options: $1, isDialled: $2) }
        }
        let door = door
        hooks.saved = { count, size in
            let (retained, isUnsettled, isProvisional) = inner.withState { state in
                (
                    state.history.retainedCount, DeepReplay.isNeeded(state),
                    state.provisional != nil
                )
            }
            if isProvisional, let door { Task { await door.joiner.attempt() } }
            if retained > budget.historyLimit(averageSize: size) {
                replay.trim(keeping: budget.historyCount(averageSize: size))
            }
            guard isUnsettled || checkpointer != nil else { return }
            Task {
                if isUnsettled { await settle() }
                await checkpointer?.noteSaved(count: count)
            }
        }
    }
}
