// SPDX-License-Identifier: MIT

import GRDB
public import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

extension SQLiteStorage {
    /// A place in the order of storing, from which to ask for what came later.
    public struct Cursor: Hashable, Sendable {
        /// How many updates lie before it.
        public let place: Int64

        /// Makes a cursor behind the first `place` updates.
        public init(place: Int64) { self.place = max(place, 0) }

        /// Before the first update.
        public static let start = Cursor(place: 0)
    }

    /// Hands out all updates in the order of storing, but each source's ascending.
    ///
    /// One that was stored behind newer ones of its source comes before the next newer one; all
    /// of these are kept in memory until they are handed out. Updates that are appended meanwhile
    /// are not among them. Every update is compared with its checksum. Appends go on
    /// between the batches of at most 4,096.
    ///
    /// - Throws: ``StorageError`` `.foreignOrCorrupt` when the file is damaged, `.unreadable`,
    ///   `.closed`; what `body` throws; `CancellationError`.
    /// - Complexity: O(n), about 1 µs per update.
    public func load(_ body: @Sendable ([Update]) throws -> Void) async throws {
        var (reader, last) = try await read { database in
            var reader = UpdateReader()
            try reader.readSources(database)
            try reader.readLate(database)
            let last = try Int64.fetchOne(database, sql: "SELECT max(place) FROM updates")
            return (reader, last ?? 0)
        }
        while reader.place < last {
            let (updates, next) = try await read { [reader, last] database in
                var reader = reader
                let before = reader.place
                let updates = try reader.next(
                    database, limit: UpdateReader.batchUpdates, last: last)
                if reader.place == before { throw Damage("the last updates are missing") }
                return (updates, reader)
            }
            reader = next
            // Late ones may have joined them.
            for start in stride(from: 0, to: updates.count, by: UpdateReader.batchUpdates) {
                try body(Array(updates[start...].prefix(UpdateReader.batchUpdates)))
            }
        }
        try translating(path, .reading) { try reader.checkEnds() }
    }

    /// The updates stored after `cursor`, at most `limit`, and the cursor behind them.
    ///
    /// They come in the order of storing, in which an update may follow newer ones of its source.
    /// Works while another process writes; ask again with the new cursor to follow the log.
    ///
    /// - Returns: No updates and the same cursor when there is nothing newer.
    /// - Throws: As ``load(_:)``.
    /// - Complexity: O(log n) and 1 µs per update, the sources once per call.
    public func updates(
        after cursor: Cursor, limit: Int = 4_096
    ) async throws -> (updates: [Update], cursor: Cursor) {
        try await read { database in
            var reader = UpdateReader(after: cursor.place)
            let updates = try reader.next(database, limit: max(limit, 0), last: .max)
            return (updates, Cursor(place: reader.place))
        }
    }

    /// The remembered refusals, oldest first.
    ///
    /// - Throws: As ``load(_:)``.
    public func refusals() async throws -> [Fingerprint] {
        try await read { database in
            let rows = try Blob.fetchCursor(
                database, sql: "SELECT fingerprint FROM refusals ORDER BY place")
            var refusals: [Fingerprint] = []
            while let row = try rows.next() {
                guard let refusal = Fingerprint(bytes: row.bytes) else {
                    throw Damage("a refusal is not 32 bytes")
                }
                refusals.append(refusal)
            }
            return refusals
        }
    }

    /// Reads in one short transaction.
    ///
    /// A file that was opened as unchanging is opened anew when it did change, and what was read
    /// meanwhile is read again. From then on it is open as one that others write, so there is no
    /// third time.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        do {
            var connection = try currentConnection()
            while true {
                let result: Swift.Result<Result, any Error>
                do {
                    result = .success(try await connection.database.read(body))
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

    /// The connection, renewed if the file was opened as unchanging and has changed.
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
