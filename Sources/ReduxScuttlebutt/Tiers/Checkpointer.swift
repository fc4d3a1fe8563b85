// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttSecurity
import Synchronization

/// Stores the state now and then, off the threads that dispatch.
///
/// A checkpoint is compared with the log before it is stored: the updates since the one before it
/// are read again, counted and hashed. If the storage has not exactly those that the state was
/// folded from, because some are not durable yet or came in between, it is tried again later.
actor Checkpointer<State: Sendable, Action: Sendable> {
    private let book: CheckpointBook<State>
    private let work: BatchWork<State, Action>
    typealias Present = CapturedState<State>

    /// Reads the present history of the store.
    private let present: @Sendable () -> Present?
    /// Returns the history before the first action.
    private let origin: @Sendable () -> History<State, Action>?
    private let report: @Sendable (StorageError) -> Void
    /// Waits until everything accepted so far is durable.
    private let flush: @Sendable () async throws -> Void
    private var isBusy = false
    private var isStopped = false
    private var stopping: [CheckedContinuation<Void, Never>] = []
    private var schedule: CheckpointSchedule
    /// The number of checkpoints that were stored.
    nonisolated let storedCount = Atomic<Int>(0)

    init(
        book: CheckpointBook<State>, work: BatchWork<State, Action>, startingAt count: Int,
        distance: Int,
        present: @escaping @Sendable () -> Present?,
        origin: @escaping @Sendable () -> History<State, Action>?,
        flush: @escaping @Sendable () async throws -> Void,
        report: @escaping @Sendable (StorageError) -> Void
    ) {
        self.flush = flush
        self.book = book
        self.work = work
        self.present = present
        self.origin = origin
        self.report = report
        schedule = CheckpointSchedule(
            interval: book.settings.interval, distance: distance, startingAt: count)
    }

    /// Lets the next one be due at once, because an action came before the newest, which is gone.
    func noteRebuilt() { schedule.noteRebuilt() }

    /// Stores no more, and returns when none is being stored.
    func stop() async {
        isStopped = true
        guard isBusy else { return }
        await withCheckedContinuation { stopping.append($0) }
    }

    /// Stores a checkpoint if one is due; called after each save.
    func noteSaved(count: Int) async {
        guard schedule.isDue(at: count), !isBusy, !isStopped else { return }
        isBusy = true
        defer {
            isBusy = false
            for continuation in stopping { continuation.resume() }
            stopping = []
        }
        do {
            let filed = try await file()
            guard let filed else { return schedule.noteMisfit(at: count) }
            storedCount.wrappingAdd(1, ordering: .relaxed)
            schedule.noteFiled(filed.count, actionsPerState: filed.actionsPerState)
        } catch let error as StorageError {
            schedule.noteFailed(at: count)
            if error.code != .closed { report(error) }
        } catch {
            schedule.noteFailed(at: count)
            report(StorageError(.writeFailed, "a checkpoint was not stored: \(error)"))
        }
    }

    /// Stores a checkpoint now.
    ///
    /// - Returns: `nil` if the log and the state do not match at present.
    private func file() async throws -> (count: Int, actionsPerState: Int)? {
        guard var captured = present() else { return nil }
        let storage = book.storage
        try await flush()
        let mark = try await storage.mark()
        // With local-only actions the present state is not that of the log: that is folded from the
        // newest good checkpoint, or from the beginning.
        var folded: History<State, Action>?
        var last: StoredCheckpoint?
        if captured.hasLocals {
            guard let origin = origin() else { return nil }
            let found = try await book.newest(below: captured.stamp)
            last = found?.checkpoint
            folded =
                found.map {
                    origin.restarted(
                        at: $0.state, floor: $0.checkpoint.stamp, count: $0.checkpoint.count)
                } ?? origin
        } else {
            last = try await book.base(below: captured.stamp)
        }
        var tail = LogTail<LogHash>(after: last)
        while true {
            let page = try await storage.updates(
                after: tail.cursor, limit: DeltaLimit(updates: 2_048, bytes: 1 << 20))
            let part = Array(page.prefix { $0.stamp <= captured.stamp })
            tail.add(part)
            if folded != nil || captured.hasUnknown {
                let (batch, unknown) = work.decode(part)
                tail.unknown += unknown
                if folded != nil {
                    folded?.merge(batch)
                    folded?.trim(keeping: 0)
                }
            }
            if part.count < page.count || page.isEmpty { break }
            if isStopped { return nil }
            await Task.yield()
        }
        if let folded { captured.state = folded.current }
        guard captured.matches(tail) else { return nil }
        let bytes = try book.settings.coding.encode(captured.state)
        let checkpoint = tail.checkpoint(
            at: captured.stamp, reducerVersion: book.settings.reducerVersion,
            stateHash: LogHash.sha256(bytes), stateByteCount: bytes.count)
        guard try await storage.file(checkpoint, state: bytes, since: mark) else { return nil }
        let surplus = try await storage.checkpoints().surplus(
            head: captured.gossipedCount, spacing: book.settings.interval)
        try await storage.remove(surplus)
        let bytesPerAction = max(1, tail.byteCount / max(1, tail.readCount))
        return (tail.count, bytes.count / bytesPerAction)
    }
}
