// SPDX-License-Identifier: MIT

public import Redux
import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding
public import ScuttlebuttRuntime

extension GossipParts {
    /// Returns the parts of a store with a stored log, and the updates in that log that are still
    /// to be folded.
    @usableFromInline
    static func restored(
        initial: State?, reducer: Reducer<State, Action>, codec: ActionCodec<Action>,
        isLocalOnly: (@Sendable (Action) -> Bool)?, options: GossipOptions<Action>,
        storage: any LogStorage, checkpoints: Checkpoints<State>?,
        work: BatchWork<State, Action>
    ) async throws -> (GossipParts, [Update]) {
        let tiered = storage as? any TieredLogStorage
        // The log is read first, so that damage is noticed before anything is written to it.
        let saved = tiered == nil ? try await storage.updates() : []
        let summary = try await tiered?.summary()
        let refusals = try await storage.refusals()
        var generator = SystemRandomNumberGenerator()
        let source = try await storage.source(
            proposing: options.source ?? .random(using: &generator))
        var parts = try GossipParts(
            initial: initial, reducer: reducer, codec: codec, isLocalOnly: isLocalOnly,
            options: options, storage: storage, source: source)
        parts.checkpoints = checkpoints
        defer { parts.replica.restore(refusals: refusals) }
        guard let tiered, let summary else {
            return (parts, parts.replica.restore(saved))
        }
        try await parts.open(tiered, summary, work)
        return (parts, [])
    }

    /// Reads a storage in part: the state from a checkpoint or from the beginning, and the newest
    /// part of the log into memory.
    private mutating func open(
        _ storage: any TieredLogStorage, _ summary: LogSummary, _ work: BatchWork<State, Action>
    ) async throws {
        let start = ContinuousClock.now
        var opened = OpenedLog(updateCount: summary.count)
        var history = firstHistory
        if let book = checkpointBook(storage) {
            let found = try await book.newest(below: nil) { opened.passedOver.append($0) }
            if let found {
                history = history.restarted(
                    at: found.state, floor: found.checkpoint.stamp,
                    count: found.checkpoint.count)
                opened.checkpoint = found.checkpoint
            }
        }
        let budget = options.memoryBudget
        var log = LogRestoration(
            folded: history.floor,
            floor: try await storage.floor(leaving: max(1, budget.updates / 2)),
            byteLimit: budget.bytes)
        var cursor = log.start
        // What others store from now on is told later, and must not be taken twice.
        let known = (storage as? any SharedLogStorage)?.isShared == true ? summary.vector : nil
        while true {
            var page = try await storage.updates(
                after: cursor, limit: DeltaLimit(updates: 4_096, bytes: 1 << 20))
            guard let last = page.last?.stamp else { break }
            cursor = last
            if let known { page.removeAll { !known.covers($0.stamp) } }
            let (batch, unknown) = work.decode(log.unfolded(of: page))
            restoredUnknown += unknown
            opened.foldedCount += batch.count
            _ = work.merge(&history, batch)
            history.trim(keeping: budget.historyCount(averageSize: page.averageSize))
            log.add(page)
            try Task.checkCancellation()
        }
        guard history.gossipedCount >= summary.count else {
            throw StorageError(
                .foreignOrCorrupt,
                "the store is damaged: only \(history.gossipedCount) of \(summary.count) actions "
                    + "can be read in order; export may read more, or restore it from a copy")
        }
        let sources = summary.entries.map { entry in
            UpdateLog.StoredSource(
                newest: Stamp(timestamp: entry.newest, source: entry.source), count: entry.count)
        }
        replica.restore(
            log.log(sources), newest: sources.map(\.newest), highest: log.highest)
        // A checkpoint may be of another process, and contain what it has stored since.
        if known != nil { history.readAhead = max(0, history.gossipedCount - summary.count) }
        restored = history
        opened.duration = ContinuousClock.now - start
        self.opened = opened
    }

    /// The checkpoints in a storage; `nil` if the application wants none.
    func checkpointBook(_ storage: any TieredLogStorage) -> CheckpointBook<State>? {
        checkpoints.map { [codec] settings in
            CheckpointBook(settings: settings, storage: storage) { payload in
                ((try? codec.decode(payload)) ?? nil) != nil
            }
        }
    }
}
