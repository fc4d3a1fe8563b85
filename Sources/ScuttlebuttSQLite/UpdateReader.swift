// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
import Scuttlebutt
import ScuttlebuttRuntime

/// Thrown for contents that this program never writes.
struct DamageError: Error {
    let what: String
    init(_ what: String) { self.what = what }
}

/// The sources of a store by their ID.
struct SourceTable: Sendable {
    private(set) var sources: [Source] = []
    /// The newest timestamp of each source when the table was read.
    private(set) var newest: [Double] = []

    /// Reads the sources that have not been read yet.
    mutating func extend(from database: Database) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, utf8, newest FROM sources WHERE id > ? ORDER BY id",
            arguments: [sources.count])
        while let row = try rows.next() {
            let entry = try Self.entry(row)
            guard entry.id == Int64(sources.count) + 1 else {
                throw DamageError("a source is missing")
            }
            sources.append(entry.source)
            newest.append(entry.newest)
        }
    }

    /// Decodes a row of `id, utf8, newest`.
    ///
    /// GRDB's own conversions would trap on a damaged one.
    static func entry(_ row: Row) throws -> (id: Int64, source: Source, newest: Double) {
        guard let id = Int64.fromDatabaseValue(row[0]),
            let source = Blob.fromDatabaseValue(row[1]).flatMap({ Self.source($0.bytes) }),
            let newest = Double.fromDatabaseValue(row[2])
        else { throw DamageError("a source is invalid") }
        return (id, source, newest)
    }

    /// Returns the source with this number, reading those that were added since.
    mutating func source(_ id: Int64, _ database: Database) throws -> Source {
        if id > Int64(sources.count) { try extend(from: database) }
        guard id > 0, id <= Int64(sources.count) else {
            throw DamageError("a source is missing")
        }
        return sources[Int(id) - 1]
    }

    static func source(_ utf8: [UInt8]) -> Source? {
        guard String(validating: utf8, as: UTF8.self) != nil else { return nil }
        return Source(validUTF8: utf8)
    }
}

/// Reads and checks updates in storage order or, after ``readLate(_:)``, with each source's updates
/// ascending.
struct UpdateReader: Sendable {
    /// The maximum number of updates in a batch.
    static let batchUpdates = 4_096
    /// The number of payload bytes after which a batch takes no further update: 8 MiB.
    static let batchBytes = 8 << 20

    private(set) var table = SourceTable()
    private var reached: [Double] = []
    private var late = LateUpdates()
    /// Whether late updates are delivered in their source's order instead of storage order.
    private var isMerging = false
    /// The place of the last update read; 0 before the first.
    private(set) var place: Int64

    init(after place: Int64 = 0) { self.place = place }

    /// Creates a reader that only decodes rows and knows some sources already.
    init(table: SourceTable) {
        self.table = table
        place = 0
    }

    /// Returns the source with this number.
    mutating func source(_ id: Int64, _ database: Database) throws -> Source {
        try table.source(id, database)
    }

    /// Reads the table of sources, which ``checkEnds()`` compares with what was read.
    mutating func readSources(_ database: Database) throws { try table.extend(from: database) }

    /// Reads all late updates, so that ``next(_:limit:last:)`` returns each source in ascending
    /// order.
    mutating func readLate(_ database: Database) throws {
        isMerging = true
        guard try Schema.hasLateTable(database) else { return }
        let statement = try database.cachedStatement(
            sql: """
                SELECT late.place, source, timestamp, payload, tail, checksum
                FROM late LEFT JOIN updates USING (place) ORDER BY late.place
                """
        ).sqliteStatement
        defer { sqlite3_reset(statement) }
        while try step(statement, database) {
            let place = sqlite3_column_int64(statement, 0)
            let (update, id) = try decode(statement, database, place)
            late.add(update, place: place, id: id)
        }
        late.sort()
    }

    /// Reads the next updates up to the place `last`.
    ///
    /// If late updates are delivered in their source's order, there may be no updates although the
    /// place advances, or many more than `limit`.
    mutating func next(_ database: Database, limit: Int, last: Int64) throws -> [Update] {
        if !isMerging {
            try late.readPlaces(database, after: place, last: last, limit: limit)
        }
        let statement = try database.cachedStatement(
            sql: """
                SELECT place, source, timestamp, payload, tail, checksum FROM updates
                WHERE place > ? AND place <= ? ORDER BY place LIMIT ?
                """
        ).sqliteStatement
        sqlite3_bind_int64(statement, 1, place)
        sqlite3_bind_int64(statement, 2, last)
        sqlite3_bind_int64(statement, 3, Int64(limit))
        defer { sqlite3_reset(statement) }
        var updates: [Update] = []
        var bytes = 0
        while bytes < Self.batchBytes, try step(statement, database) {
            place += 1
            guard sqlite3_column_int64(statement, 0) == place else {
                throw DamageError("update \(place) is missing")
            }
            let (update, id) = try decode(statement, database, place)
            bytes += update.payload.count
            try take(update, id, into: &updates)
        }
        return updates
    }

    /// Adds an update in its proper place and checks the order.
    ///
    /// A row that is out of order but not late, one that is late but not out of order, and a
    /// repeated stamp are damage.
    private mutating func take(
        _ update: Update, _ id: Int64, into updates: inout [Update]
    ) throws {
        let (index, time) = (Int(id) - 1, update.timestamp.value)
        while reached.count <= index { reached.append(0) }
        if !late.isEmpty {
            if late.places.contains(place) {
                guard isMerging else { return updates.append(update) }
                // It was already delivered before the next newer one of its source.
                guard time < reached[index] else {
                    throw DamageError("update \(place) is newer than the one before it")
                }
                return
            }
            while let older = late.take(id: id, upTo: update.timestamp) {
                guard older.timestamp.value > reached[index], older.timestamp.value < time else {
                    throw DamageError("an update older than update \(place) is stored twice")
                }
                reached[index] = older.timestamp.value
                updates.append(older)
            }
        }
        guard reached[index] < time else {
            throw DamageError("update \(place) is older than the one before it")
        }
        reached[index] = time
        updates.append(update)
    }

    /// Reads updates in the order of storing, without a check of that order.
    ///
    /// - Returns: The updates, and the place up to which they were read.
    mutating func stored(
        after place: Int64, upTo last: Int64, limit: Int, _ database: Database
    ) throws -> (portion: StoredByOthers, place: Int64) {
        let statement = try database.cachedStatement(
            sql: """
                SELECT place, source, timestamp, payload, tail, checksum,
                EXISTS (SELECT 1 FROM late WHERE late.place = updates.place) FROM updates
                WHERE place > ? AND place <= ? ORDER BY place LIMIT ?
                """)
        // The table of sources may be read in between, which must not free the statement.
        defer { withExtendedLifetime(statement) {} }
        let row = statement.sqliteStatement
        sqlite3_bind_int64(row, 1, place)
        sqlite3_bind_int64(row, 2, last)
        sqlite3_bind_int64(row, 3, Int64(limit))
        defer { sqlite3_reset(row) }
        var portion = StoredByOthers()
        var (bytes, reached) = (0, place)
        while bytes < Self.batchBytes, try step(row, database) {
            reached += 1
            guard sqlite3_column_int64(row, 0) == reached else {
                throw DamageError("update \(reached) is missing")
            }
            let (update, _) = try decode(row, database, reached)
            bytes += update.payload.count
            if sqlite3_column_int64(row, 6) == 0 {
                portion.updates.append(update)
            } else {
                portion.late.append(update)
            }
        }
        return (portion, reached)
    }

    /// Decodes the current row of a statement to an update and the ID of its source.
    mutating func decode(
        _ statement: SQLiteStatement, _ database: Database, _ place: Int64
    ) throws -> (Update, Int64) {
        let id = sqlite3_column_int64(statement, 1)
        if id > Int64(table.sources.count) { try table.extend(from: database) }
        guard id > 0, id <= Int64(table.sources.count),
            sqlite3_column_type(statement, 3) == SQLITE_BLOB,
            let timestamp = Timestamp(sqlite3_column_double(statement, 2))
        else { throw DamageError("update \(place) is invalid") }

        var checksum = Checksum(source: id, timestamp: timestamp.value)
        let payload = Self.bytes(statement, 3, &checksum)
        let hasTail = sqlite3_column_type(statement, 4) != SQLITE_NULL
        let tail = hasTail ? Self.bytes(statement, 4, &checksum) : nil
        guard sqlite3_column_int64(statement, 5) == Int64(bitPattern: checksum.value) else {
            throw DamageError("update \(place) does not match its checksum")
        }
        let update = Update(
            payload: payload, timestamp: timestamp, source: table.sources[Int(id) - 1], tail: tail)
        return (update, id)
    }

    private static func bytes(
        _ statement: SQLiteStatement, _ column: CInt, _ checksum: inout Checksum
    ) -> [UInt8] {
        // The pointer is null for an empty value. Both calls can run out of memory, which the
        // checksum then detects.
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        checksum.add(bytes)
        return [UInt8](bytes)
    }

    /// Checks, after everything was read, that no source's updates end too early.
    func checkEnds() throws {
        guard reached == table.newest, late.isFinished else {
            throw DamageError("the last updates are missing")
        }
    }
}
