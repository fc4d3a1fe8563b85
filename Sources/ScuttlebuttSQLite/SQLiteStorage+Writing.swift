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
                try await connection.database.writeWithoutTransaction { database in
                    try self.commit(batch.slices, database)
                }
                for continuation in batch.finished { continuation.resume() }
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
            if let batch = state.queue.takeBatch() { return (batch, state.connection) }
            state.isCommitting = false
            swap(&idle, &state.awaitingIdle)
            return nil
        }
        for continuation in idle { continuation.resume() }
        return next
    }

    private func commit(_ slices: [ArraySlice<Update>], _ database: Database) throws {
        try writer.withLock { writer in
            // Clear the writer, because its knowledge is invalid after a failure, and because a
            // second reference would make the first change copy all sources.
            var next = try writer ?? UpdateWriter(database)
            writer = nil
            try database.inTransaction(.immediate) {
                for slice in slices { try next.store(slice, in: database) }
                return .commit
            }
            writer = next
        }
    }

    /// Returns the source that owns this log.
    ///
    /// A new log durably stores `proposed` and returns it.
    ///
    /// - Throws: `StorageError`; `.writeFailed` if a log without a source is open for reading only.
    public func source(proposing proposed: Source) async throws -> Source {
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
    private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        try requireWritable()
        let (connection, isClosed) = state.withLock { ($0.connection, $0.isClosed) }
        if isClosed { throw closedError }
        // In a separate task, because cancelling the caller would interrupt the transaction.
        let result = await Task {
            try await connection.database.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    try body(database)
                    return .commit
                }
            }
        }.result
        if case .failure(let error) = result { throw translated(error, path, .writing) }
    }

    private func requireWritable() throws {
        guard mode == .readOnly else { return }
        throw StorageError(.writeFailed, "cannot write \(path): it was opened for reading only")
    }
}
