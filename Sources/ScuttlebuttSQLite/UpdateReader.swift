// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
import Scuttlebutt

/// Something in the file that we never wrote.
struct Damage: Error {
    let what: String
    init(_ what: String) { self.what = what }
}

/// The sources of a store by their number.
struct SourceTable: Sendable {
    private(set) var sources: [Source] = []
    /// Where each source's run ends, as of the reading of the table.
    private(set) var newest: [Double] = []

    /// Reads the sources that are not known yet.
    mutating func extend(from database: Database) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, utf8, newest FROM sources WHERE id > ? ORDER BY id",
            arguments: [sources.count])
        while let row = try rows.next() {
            let entry = try Self.entry(row)
            guard entry.id == Int64(sources.count) + 1 else { throw Damage("a source is missing") }
            sources.append(entry.source)
            newest.append(entry.newest)
        }
    }

    /// One row of `id, utf8, newest`; GRDB's own conversions would trap on a damaged one.
    static func entry(_ row: Row) throws -> (id: Int64, source: Source, newest: Double) {
        guard let id = Int64.fromDatabaseValue(row[0]),
            let source = Blob.fromDatabaseValue(row[1]).flatMap({ Self.source($0.bytes) }),
            let newest = Double.fromDatabaseValue(row[2])
        else { throw Damage("a source cannot be read") }
        return (id, source, newest)
    }

    static func source(_ utf8: [UInt8]) -> Source? {
        guard String(validating: utf8, as: UTF8.self) != nil else { return nil }
        return Source(validUTF8: utf8)
    }
}

/// Reads updates in the order of storing, and checks what it reads.
struct UpdateReader: Sendable {
    /// How many updates one reading takes at most.
    static let batchUpdates = 4_096
    /// The payload bytes after which a reading takes no further update: 8 MiB.
    static let batchBytes = 8 << 20

    private(set) var table = SourceTable()
    private var reached: [Double] = []
    /// The number of the last update read; 0 before the first.
    private(set) var place: Int64

    init(after place: Int64 = 0) { self.place = place }

    /// Reads the table of sources, against which ``checkEnds()`` compares.
    mutating func readSources(_ database: Database) throws { try table.extend(from: database) }

    /// The next updates up to the place `last`; none when there are no more.
    mutating func next(_ database: Database, limit: Int, last: Int64) throws -> [Update] {
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
        while bytes < Self.batchBytes {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { break }
            guard code == SQLITE_ROW else {
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code),
                    message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
            }
            let update = try decode(statement, database)
            bytes += update.payload.count
            updates.append(update)
        }
        return updates
    }

    private mutating func decode(
        _ statement: SQLiteStatement, _ database: Database
    ) throws -> Update {
        place += 1
        guard sqlite3_column_int64(statement, 0) == place else {
            throw Damage("update \(place) is missing")
        }
        let id = sqlite3_column_int64(statement, 1)
        if id > Int64(table.sources.count) { try table.extend(from: database) }
        guard id > 0, id <= Int64(table.sources.count),
            sqlite3_column_type(statement, 3) == SQLITE_BLOB,
            let timestamp = Timestamp(sqlite3_column_double(statement, 2))
        else { throw Damage("update \(place) cannot be read") }

        var checksum = Checksum(source: id, timestamp: timestamp.value)
        let payload = Self.bytes(statement, 3, &checksum)
        let hasTail = sqlite3_column_type(statement, 4) != SQLITE_NULL
        let tail = hasTail ? Self.bytes(statement, 4, &checksum) : nil
        guard sqlite3_column_int64(statement, 5) == Int64(bitPattern: checksum.value) else {
            throw Damage("update \(place) is not what was stored")
        }
        let index = Int(id) - 1
        while reached.count <= index { reached.append(0) }
        guard reached[index] < timestamp.value else {
            throw Damage("update \(place) is older than the one before it")
        }
        reached[index] = timestamp.value
        return Update(
            payload: payload, timestamp: timestamp, source: table.sources[index], tail: tail)
    }

    private static func bytes(
        _ statement: SQLiteStatement, _ column: CInt, _ checksum: inout Checksum
    ) -> [UInt8] {
        // The pointer is null for an empty value; both calls may fail for want of memory, which
        // then shows in the checksum.
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        checksum.add(bytes)
        return [UInt8](bytes)
    }

    /// Checks, after everything was read, that no run ends before it should.
    func checkEnds() throws {
        guard reached == table.newest else { throw Damage("the last updates are missing") }
    }
}
