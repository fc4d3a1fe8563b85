// SPDX-License-Identifier: MIT

import GRDB
public import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

extension SQLiteStorage {
    /// A position in storage order, from which later updates can be read.
    public struct Cursor: Hashable, Sendable {
        /// The number of updates before it.
        public let place: Int64

        /// Creates a cursor after the first `place` updates.
        public init(place: Int64) { self.place = max(place, 0) }

        /// The position before the first update.
        public static let start = Cursor(place: 0)
    }

    /// Passes all updates to `body` in storage order, except that each source's updates ascend.
    ///
    /// An update that was stored after newer ones of its source comes before the next newer one;
    /// such updates are kept in memory until then. Updates appended meanwhile are not included.
    /// Every update is checked against its checksum. Appends can proceed between batches, which
    /// hold at most 4,096 updates.
    ///
    /// - Throws: `StorageError` `.foreignOrCorrupt` if the file is damaged, `.unreadable`,
    ///   `.closed`; the error thrown by `body`; `CancellationError`.
    /// - Complexity: O(n), about 1 µs per update.
    public func load(_ body: @Sendable ([Update]) throws -> Void) async throws {
        var (reader, last) = try await read { database in
            var reader = UpdateReader()
            try reader.readSources(database)
            try reader.readLate(database)
            let last = try Int64.fetchOne(database, sql: "SELECT max(place) FROM updates")
            return (reader, last ?? 0)
        }
        places.withLock { $0.begin(at: last) }
        while reader.place < last {
            let (updates, next) = try await read { [reader, last] database in
                var reader = reader
                let before = reader.place
                let updates = try reader.next(
                    database, limit: UpdateReader.batchUpdates, last: last)
                if reader.place == before { throw DamageError("the last updates are missing") }
                return (updates, reader)
            }
            reader = next
            // Late updates may have been added to them.
            for start in stride(from: 0, to: updates.count, by: UpdateReader.batchUpdates) {
                try body(Array(updates[start...].prefix(UpdateReader.batchUpdates)))
            }
        }
        try translating(path, .reading) { try reader.checkEnds() }
    }

    /// Returns at most `limit` updates stored after `cursor`, and the cursor after them.
    ///
    /// They are in storage order, in which an update may follow newer ones of its source. This
    /// works while another process is writing; call it again with the new cursor to follow the log.
    ///
    /// - Returns: No updates and the same cursor if there is nothing newer.
    /// - Throws: The errors of ``load(_:)``.
    /// - Complexity: O(log n) plus about 1 µs per update; the sources are read once per call.
    public func updates(
        after cursor: Cursor, limit: Int = 4_096
    ) async throws -> (updates: [Update], cursor: Cursor) {
        try await read { database in
            var reader = UpdateReader(after: cursor.place)
            let updates = try reader.next(database, limit: max(limit, 0), last: .max)
            return (updates, Cursor(place: reader.place))
        }
    }

    /// Returns the remembered refusals, oldest first.
    ///
    /// - Throws: The errors of ``load(_:)``.
    public func refusals() async throws -> [Fingerprint] {
        try await read { database in
            let rows = try Blob.fetchCursor(
                database, sql: "SELECT fingerprint FROM refusals ORDER BY place")
            var refusals: [Fingerprint] = []
            while let row = try rows.next() {
                guard let refusal = Fingerprint(bytes: row.bytes) else {
                    throw DamageError("a refusal is not 32 bytes")
                }
                refusals.append(refusal)
            }
            return refusals
        }
    }

    /// Reads in one short transaction.
    ///
    /// If a file that was opened without locks has changed, it is reopened and read again. After
    /// that it is open as a file that others write, so there is no third attempt.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        do {
            var connection = try currentConnection()
            while true {
                let result: Swift.Result<Result, any Error>
                do {
                    result = .success(try await connection.readAsync(body))
                } catch {
                    result = .failure(error)
                }
                let checked = try currentConnection()
                if checked.database === connection.database { return try result.get() }
                connection = checked
            }
        } catch {
            throw translated(error, path, .reading)
        }
    }

    /// Reads in one transaction on a connection of its own, so that appends do not wait for it.
    ///
    /// What is durable when it begins is seen.
    func readApart<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        guard mode != .readOnly else { return try await read(body) }
        do {
            let reader = try state.withLock { state in
                if state.isClosed { throw closedError }
                if let reader = state.reader { return reader }
                let reader = try Connection.readingOwn(path)
                state.reader = reader
                return reader
            }
            return try await reader.readAsync(body)
        } catch {
            throw translated(error, path, .reading)
        }
    }

    /// Returns the connection, reopened if the file was opened without locks and has changed.
    private func currentConnection() throws -> Connection {
        try state.withLock { state in
            if state.isClosed { throw closedError }
            if let stamp = state.connection.stamp, Connection.Stamp(path: path) != stamp {
                state.connection = try Connection.reading(path)
            }
            return state.connection
        }
    }
}
