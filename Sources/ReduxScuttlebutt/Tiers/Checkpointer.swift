// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttSecurity

/// Stores the state now and then, off the threads that dispatch.
///
/// A checkpoint is compared with the log before it is stored: the updates since the one before it
/// are read again, counted and hashed. If the storage has not exactly those that the state was
/// folded from, because some are not durable yet or came in between, it is tried again later.
actor Checkpointer<State: Sendable, Action: Sendable> {
    private let book: CheckpointBook<State>
    private let work: BatchWork<State, Action>
    /// What is needed of the store's present history.
    ///
    /// Not all of it, because as long as a copy exists the next change copies what it touches.
    struct Present: Sendable {
        var state: State
        let stamp: Stamp
        /// The number of actions in the state.
        let count: Int
        let gossipedCount: Int
        let hasLocals: Bool
        let hasUnknown: Bool

        init?(_ history: borrowing History<State, Action>, distance: Int) {
            guard let captured = history.snapshot(atDistance: distance) else { return nil }
            (state, stamp, count) = captured
            gossipedCount = history.gossipedCount
            hasLocals = history.localCount > 0
            hasUnknown = history.unknownCount > 0
        }
    }

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
    /// The number of actions at which the next one is due.
    private var due: Int
    /// The number of checkpoints that were stored.
    private(set) var filedCount = 0

    /// The number of entries after a checkpoint, so that few actions come late for it.
    private let distance: Int

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
        self.distance = distance
        due = count + book.settings.interval
    }

    /// Lets the next one be due at once, because an action came before the newest, which is gone.
    func noteRebuilt() { due = 0 }

    /// Stores no more, and returns when none is being stored.
    func stop() async {
        isStopped = true
        guard isBusy else { return }
        await withCheckedContinuation { stopping.append($0) }
    }

    /// Stores a checkpoint if one is due; called after each save.
    func noteSaved(count: Int) async {
        guard count >= due, !isBusy, !isStopped else { return }
        isBusy = true
        defer {
            isBusy = false
            for continuation in stopping { continuation.resume() }
            stopping = []
        }
        do {
            let filed = try await file()
            // If it did not fit, wait for as many actions as make another attempt worthwhile.
            guard let filed else {
                due = count + max(64, book.settings.interval / 16)
                return
            }
            filedCount += 1
            due = filed.count + distance + max(book.settings.interval, filed.actionsPerState)
        } catch let error as StorageError {
            due = count + book.settings.interval
            if error.code != .closed { report(error) }
        } catch {
            due = count + book.settings.interval
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
        let last = try await storage.checkpoints().last {
            $0.stamp < captured.stamp && $0.reducerVersion == book.settings.reducerVersion
        }
        var tail = LogTail(after: last)
        // With local-only actions the present state is not that of the log.
        var folded = captured.hasLocals ? try await start(after: last) : nil
        if captured.hasLocals, folded == nil { return nil }
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
        guard captured.hasLocals || tail.count == captured.count,
            tail.cursor == captured.stamp, tail.unknown.count <= LogTail.unknownLimit
        else { return nil }
        let bytes = try book.settings.coding.encode(captured.state)
        let checkpoint = StoredCheckpoint(
            stamp: captured.stamp, count: tail.count, vector: tail.vector,
            reducerVersion: book.settings.reducerVersion, unknown: tail.unknown,
            stateHash: LogHash.sha256(bytes), logHash: tail.hash.bytes,
            stateByteCount: bytes.count)
        guard try await storage.file(checkpoint, state: bytes, since: mark) else { return nil }
        let surplus = try await storage.checkpoints().surplus(
            head: captured.gossipedCount, spacing: book.settings.interval)
        try await storage.remove(surplus)
        let bytesPerAction = max(1, tail.byteCount / max(1, tail.readCount))
        return (tail.count, bytes.count / bytesPerAction)
    }

    /// Returns the history that a checkpoint is the base of, or the one before the first action.
    private func start(after last: StoredCheckpoint?) async throws -> History<State, Action>? {
        guard var history = origin() else { return nil }
        guard let last else { return history }
        let bytes = try await book.storage.state(of: last)
        let state = try book.settings.coding.decode(bytes)
        history = history.restarted(at: state, floor: last.stamp, count: last.count)
        return history
    }
}

/// What is known of the log up to some place.
struct LogTail {
    /// The most unknown actions that a checkpoint lists; with more, none is stored.
    static let unknownLimit = 1_000

    /// The stamp of the newest update.
    private(set) var cursor: Stamp?
    private(set) var count: Int
    private(set) var vector: VersionVector
    private(set) var hash: LogHash
    var unknown: [Stamp]
    /// The number and the bytes of the updates that were read.
    private(set) var readCount = 0
    private(set) var byteCount = 0

    /// Continues after a checkpoint, or from the beginning of the log.
    init(after checkpoint: StoredCheckpoint?) {
        cursor = checkpoint?.stamp
        count = checkpoint?.count ?? 0
        vector = checkpoint?.vector ?? VersionVector()
        hash = checkpoint.map { LogHash($0.logHash) } ?? LogHash()
        unknown = checkpoint?.unknown ?? []
    }

    /// Adds the next updates in agreed order.
    mutating func add(_ updates: [Update]) {
        for update in updates {
            hash.add(update)
            vector.advance(update.source, to: update.timestamp)
            byteCount += update.byteCount
        }
        count += updates.count
        readCount += updates.count
        if let last = updates.last { cursor = last.stamp }
    }
}
