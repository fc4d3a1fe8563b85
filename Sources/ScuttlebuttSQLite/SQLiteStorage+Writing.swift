// SPDX-License-Identifier: MIT

import GRDB
public import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

extension SQLiteStorage {
    /// Stores updates durably.
    ///
    /// Cancelling the caller does not undo an append. After a failure, all waiting calls fail too,
    /// so that for each source a prefix of the appended updates is stored, never one with a gap. A
    /// call with more than 10,000 updates or 8 MiB takes several transactions.
    ///
    /// - Throws: `StorageError` `.writeFailed` (disk full or device error), `.closed`.
    public func append(_ updates: [Update]) async throws {
        try requireWritable()
        try await withCheckedThrowingContinuation { continuation in
            let starts: Bool? = state.withLock { state in
                if state.isClosed { return nil }
                state.queue.enqueue(
                    CommitQueue.Entry(updates: updates, continuation: continuation))
                defer { state.isCommitting = true }
                return !state.isCommitting
            }
            guard let starts else { return continuation.resume(throwing: closedError) }
            // An unstructured task, because it also serves callers that arrive while it runs and
            // must not end with the first one.
            if starts { Task { await self.commitAllWaiting() } }
        }
    }

    /// Runs transactions until no caller is waiting.
    ///
    /// Only one task runs this at a time.
    private func commitAllWaiting() async {
        while let (batch, connection) = nextBatch() {
            do {
                let isFirst = try await connection.write { database in
                    try self.commit(batch.slices, database)
                }
                for continuation in batch.finished { continuation.resume() }
                if isFirst { await merge(connection) }
            } catch {
                let failure = translated(error, path, .writing)
                let others = state.withLock { $0.queue.takeAll() }
                for continuation in batch.finished + others {
                    continuation.resume(throwing: failure)
                }
            }
        }
    }

    private func nextBatch() -> (CommitQueue.Batch, Connection)? {
        var idle: [CheckedContinuation<Void, Never>] = []
        let next: (CommitQueue.Batch, Connection)? = state.withLock { state in
            if let batch = state.queue.takeBatch() {
                state.commits += 1
                return (batch, state.connection)
            }
            state.isCommitting = false
            mergeWhenIdle(&state)
            swap(&idle, &state.awaitingIdle)
            return nil
        }
        for continuation in idle { continuation.resume() }
        return next
    }

    /// Runs one transaction, and returns whether it was the first one since the file was opened.
    private func commit(_ slices: [ArraySlice<Update>], _ database: Database) throws -> Bool {
        try writer.withLock { writer in
            // Clear the writer, because its knowledge is invalid after a failure, and because a
            // second reference would make the first change copy all sources.
            var next = writer.take()
            let isFirst = try marked(database) {
                var current = try next.take() ?? UpdateWriter(database)
                if try haveOthersWritten(database) {
                    try current.refresh(database)
                    membership?.notes.note(lastSlot: try SharedSchema.lastSlot(database))
                }
                let own = ownSource.withLock { $0 }
                for slice in slices { try current.store(slice, own: own, in: database) }
                next = current
            }
            if let membership, let places = next?.takeInserted() {
                self.places.withLock { $0.add(own: places) }
                membership.notes.tell()
            }
            writer = next
            return isFirst
        }
    }

    /// Whether somebody else has written to the file since the last call; within a transaction.
    private func haveOthersWritten(_ database: Database) throws -> Bool {
        guard membership != nil else { return false }
        let version = try Int64.fetchOne(
            database.cachedStatement(sql: "PRAGMA data_version"))
        return dataVersion.withLock { known in
            defer { known = version }
            return known != version
        }
    }

    /// Runs a transaction, and returns whether it was the first one since the file was opened,
    /// which also adds the ``WritingMark``.
    func marked(_ database: Database, _ body: () throws -> Void) throws -> Bool {
        try hasMark.withLock { hasMark in
            let isFirst = !hasMark
            try database.inTransaction(.immediate) {
                try membership?.requireHeld()
                if isFirst { try WritingMark.set(database, path: path) }
                try body()
                return .commit
            }
            hasMark = true
            // Afterwards: what was moved back by now is found the next time.
            try Connection.requireInPlace(database, path: path)
            return isFirst
        }
    }

    // MARK: Merging the write-ahead log

    /// Merges the write-ahead log into the main file.
    ///
    /// A failure loses nothing: the log remains and is merged the next time.
    private func merge(_ connection: Connection) async {
        try? await connection.checkpoint()
    }

    /// Merges the write-ahead log once no transaction has begun for a while, so that the main file
    /// is seldom without the newest updates.
    private func mergeWhenIdle(_ state: inout State) {
        guard state.idling == nil, !state.isClosed else { return }
        state.idling = Task { [pause, commits = state.commits, weak self] in
            var known = commits
            while (try? await pause()) != nil, let self {
                let (commits, connection) = self.state.withLock { ($0.commits, $0.connection) }
                if commits == known { await self.merge(connection) }
                let isDone = self.state.withLock { state in
                    defer { known = state.commits }
                    guard state.commits == known || state.isClosed else { return false }
                    state.idling = nil
                    return true
                }
                if isDone { return }
            }
        }
    }

    /// Returns the source that owns this log, or, if the log is shared, that of this opener's slot.
    ///
    /// A new log durably stores `proposed` and returns it; so does a new slot, unless another slot
    /// has that source already.
    ///
    /// - Throws: `StorageError`; `.writeFailed` if a log without a source is open for reading only.
    public func source(proposing proposed: Source) async throws -> Source {
        if let membership {
            let source = try await write { database in
                try SharedSchema.source(
                    ofSlot: membership.slot, proposing: proposed, in: database)
            }
            guard let source else { throw Schema.damaged(path, "its source is not valid text") }
            ownSource.withLock { $0 = source }
            return source
        }
        let stored = try await read { database in
            try Blob.fetchOne(database, sql: "SELECT source FROM identity WHERE id = 1")
        }
        if let stored {
            guard let source = SourceTable.source(stored.bytes) else {
                throw Schema.damaged(path, "its source is not valid text")
            }
            return source
        }
        try await write { database in
            try database.execute(
                sql: "INSERT INTO identity (id, source) VALUES (1, ?) ON CONFLICT DO NOTHING",
                arguments: [Blob(proposed.utf8)])
        }
        return try await source(proposing: proposed)
    }

    /// Durably remembers refusals, and forgets the oldest beyond `LogStorage.refusalLimit`.
    ///
    /// - Throws: `StorageError` `.writeFailed`, `.closed`.
    public func remember(refusals: [Fingerprint]) async throws {
        let kept = refusals.suffix(Self.refusalLimit)
        try await write { database in
            let insert = try database.cachedStatement(
                sql: "INSERT INTO refusals (fingerprint) VALUES (?) ON CONFLICT DO NOTHING")
            for refusal in kept { try insert.execute(arguments: [Blob(refusal.bytes)]) }
            try database.execute(
                sql: "DELETE FROM refusals WHERE place <= (SELECT max(place) FROM refusals) - ?",
                arguments: [Self.refusalLimit])
        }
    }

    /// Runs a separate transaction between group commits.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try requireWritable()
        let (connection, isClosed) = state.withLock { ($0.connection, $0.isClosed) }
        if isClosed { throw closedError }
        // In a separate task, because cancelling the caller would interrupt the transaction.
        let result = await Task {
            let (isFirst, result) = try await connection.write { database in
                var result: Result?
                let isFirst = try self.marked(database) { result = try body(database) }
                return (isFirst, result)
            }
            if isFirst { await self.merge(connection) }
            return result
        }.result
        switch result {
        case .success(let result?): return result
        case .success(nil): throw closedError
        case .failure(let error): throw translated(error, path, .writing)
        }
    }

    func requireWritable() throws {
        guard mode == .readOnly else { return }
        throw StorageError(.writeFailed, "cannot write \(path): it was opened for reading only")
    }
}
