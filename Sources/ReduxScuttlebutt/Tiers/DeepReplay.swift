// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime

/// Gives actions their place that come at or below the floor of the history: the state is folded
/// again from an older checkpoint, or from the beginning, with what the storage has.
///
/// It works on a new history while the program continues with the old one, in bounded memory, and
/// swaps it in at the end. Until then the state lacks the late actions.
actor DeepReplay<State: Sendable, Action: Sendable> {
    typealias Inner = any StoreProtocol<InnerState<State, Action>, InnerAction<State, Action>>

    private let inner: Inner
    let storage: any TieredLogStorage
    private let book: CheckpointBook<State>?
    let work: BatchWork<State, Action>
    private let replay: BackgroundReplay<State, Action>
    let folding: FoldingThread
    let budget: MemoryBudget
    /// Waits until everything accepted so far is durable.
    let flush: @Sendable () async throws -> Void
    private let report: @Sendable (GossipEvent) -> Void
    private var isRunning = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// What is read from the storage at once.
    static var page: DeltaLimit { DeltaLimit(updates: 4_096, bytes: 1 << 20) }

    init(
        inner: Inner, storage: any TieredLogStorage, book: CheckpointBook<State>?,
        work: BatchWork<State, Action>, replay: BackgroundReplay<State, Action>,
        folding: FoldingThread, budget: MemoryBudget,
        flush: @escaping @Sendable () async throws -> Void,
        report: @escaping @Sendable (GossipEvent) -> Void
    ) {
        self.inner = inner
        self.storage = storage
        self.book = book
        self.work = work
        self.replay = replay
        self.folding = folding
        self.budget = budget
        self.flush = flush
        self.report = report
    }

    /// Begins alone; `false` if another replay is going on.
    func begin() -> Bool {
        defer { isRunning = true }
        return !isRunning
    }

    /// Lets others begin.
    func end() {
        isRunning = false
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// Stops recording without a result.
    func cancel() { replay.cancel() }

    /// What a fold of the whole log begins with.
    struct Whole: Sendable {
        let provisional: Provisional<Action>
        let start: History<State, Action>
        /// The number of the reducer that replaces the present one.
        let refold: Int?
    }

    /// Begins to record for a fold of the whole log; `nil` if the history begins with nobody's
    /// state.
    func beginWhole() -> Whole? {
        inner.withState { state in
            guard let provisional = state.provisional, replay.begin() else { return nil }
            let start = state.refold.map {
                state.history.restarted(
                    at: $0.base, reducer: InnerState.folding($0.reducer))
            }
            return Whole(
                provisional: provisional, start: start ?? state.history.restarted(at: state.origin),
                refold: state.refold?.number)
        }
    }

    /// Replaces the history with one that was folded from the storage, after it has caught up.
    func finish(
        _ history: consuming History<State, Action>, inserted: Int, cause: Stamp?,
        callsBefore: Int, _ refold: Int?
    ) {
        var history = history
        for _ in 0..<BackgroundReplay<State, Action>.maximumRounds {
            let steps = inner.withState { _ in replay.take() }
            guard !steps.isEmpty else { break }
            folding.beginInBackground()
            let round = history.catchUp(steps)
            folding.endInBackground()
            if round.reducerCalls < BackgroundReplay<State, Action>.smallestWork { break }
        }
        var change = HistoryChange(inserted: inserted, cause: cause)
        change.reducerCalls = history.reducerCalls - callsBefore
        change.depth = max(0, change.reducerCalls - inserted)
        inner.dispatch(.rebuilt(ReplayedCopy(consume history), change, refold))
    }

    /// Whether something waits that only a deep replay can do.
    static func isNeeded(_ state: InnerState<State, Action>) -> Bool {
        !state.history.stragglers.isEmpty || state.refold != nil
    }

    /// Returns once every action has its place, or the storage has failed.
    ///
    /// What failed is tried again at the next call.
    func settle() async {
        if isRunning {
            return await withCheckedContinuation { waiting.append($0) }
        }
        isRunning = true
        defer { end() }
        while inner.withState({ Self.isNeeded($0) }) {
            do {
                guard let change = try await replayOnce() else { break }
                report(.applied(change))
            } catch {
                replay.cancel()
                let failure =
                    error as? StorageError
                    ?? StorageError(.unreadable, "the log cannot be read again: \(error)")
                report(.replica(.storageFailed(failure)))
                break
            }
        }
    }

    /// Folds the log again from below the oldest action that came late.
    ///
    /// - Returns: `nil` if another replay is going on.
    private func replayOnce() async throws -> HistoryChange? {
        if inner.withState({ $0.provisional != nil }) {
            guard try await foldWhole(nil) != nil else { return nil }
            return inner.withState { $0.lastBatch }
        }
        let begun: (old: History<State, Action>, refold: Refold<State, Action>?)? =
            inner.withState { state in
                replay.begin() ? (state.history, state.refold) : nil
            }
        guard let (old, refold) = begun else { return nil }
        try await flush()
        let oldest = old.stragglers.compactMap(\.stamp).min()
        var refolding = Refolding(replacing: old, from: try await start(old, refold))
        let callsBefore = refolding.fresh.reducerCalls
        try await foldLog(&refolding)
        if let expected = refolding.missing() {
            throw StorageError(
                .foreignOrCorrupt,
                "the store is damaged: only \(refolding.fresh.gossipedCount) of \(expected) "
                    + "actions can be read in order; restore it from a copy")
        }
        finish(
            (consume refolding).fresh, inserted: old.stragglers.count, cause: oldest,
            callsBefore: callsBefore, refold?.number)
        return inner.withState { $0.lastBatch }
    }

    /// Returns the history to begin with.
    private func start(
        _ old: History<State, Action>, _ refold: Refold<State, Action>?
    ) async throws -> History<State, Action> {
        let origin = inner.withState { $0.origin }
        if let refold {
            return old.restarted(
                at: refold.base, reducer: InnerState.folding(refold.reducer))
        }
        guard case .checkpoint(let bound) = Refolding.start(replacing: old),
            let found = try await book?.newest(below: bound)
        else { return old.restarted(at: origin) }
        return old.restarted(
            at: found.state, floor: found.checkpoint.stamp, count: found.checkpoint.count)
    }

    /// Folds what lies between the base of a new history and the floor of the old one, and then
    /// what the old one still has.
    private func foldLog(_ refolding: inout Refolding<State, Action>) async throws {
        var size = 0
        while refolding.readsLog {
            let page = try await storage.updates(after: refolding.cursor, limit: Self.page)
            let part = refolding.part(of: page)
            guard let last = part.last?.stamp else { break }
            let (batch, _) = work.decode(part)
            folding.beginInBackground()
            refolding.add(batch, through: last) { _ = work.merge(&$0, $1) }
            folding.endInBackground()
            size = part.averageSize
            refolding.trim(keeping: budget.historyCount(averageSize: size))
            if part.count < page.count { break }
            try Task.checkCancellation()
            await Task.yield()
        }
        refolding.finishLog()
        while true {
            folding.beginInBackground()
            let hasMore = refolding.addRetained(limit: Self.page.updates) {
                _ = work.merge(&$0, $1)
            }
            folding.endInBackground()
            guard hasMore else { return }
            refolding.trim(keeping: budget.historyCount(averageSize: size))
        }
    }
}

/// A reducer that is to fold the whole log, of which a part is no longer in memory.
@usableFromInline
struct Refold<State: Sendable, Action: Sendable>: Sendable {
    let reducer: Reducer<State, Action>
    let base: State
    /// Tells it from earlier ones.
    @usableFromInline let number: Int
}

extension MemoryBudget {
    /// The number of entries above which a history is trimmed.
    ///
    /// A history does not count bytes, but its actions are about as large as their payloads.
    ///
    /// - Parameter size: The average number of bytes of a payload.
    func historyLimit(averageSize size: Int) -> Int {
        min(updates, max(2, bytes / max(1, size)))
    }

    /// The least number of entries that a history keeps.
    func historyCount(averageSize size: Int) -> Int { historyLimit(averageSize: size) / 2 }
}

extension [Update] {
    /// The average number of bytes of an update, 0 if there are none.
    var averageSize: Int { isEmpty ? 0 : reduce(0) { $0 + $1.byteCount } / count }
}
