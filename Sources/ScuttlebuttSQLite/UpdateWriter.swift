// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
import Scuttlebutt

/// Stores updates within a transaction, and knows where each source's run ends.
///
/// Through the C interface, because binding values one by one through GRDB takes longer than
/// SQLite's own work.
struct UpdateWriter: Sendable {
    private struct Run {
        let id: Int64
        var newest: Double
    }

    private var runs: [Source: Run] = [:]

    /// Reads where the runs end; costs one row per source.
    init(_ database: Database) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT id, utf8, newest FROM sources")
        while let row = try rows.next() {
            let entry = try SourceTable.entry(row)
            runs[entry.source] = Run(id: entry.id, newest: entry.newest)
        }
    }

    /// Stores what is newer than all of its source; anything else changes nothing.
    ///
    /// Discard the value when the transaction is not committed: it then knows too much.
    mutating func store(_ updates: ArraySlice<Update>, in database: Database) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO updates (source, timestamp, payload, tail, checksum)
                VALUES (?, ?, ?, ?, ?)
                """
        ).sqliteStatement
        var touched: Set<Source> = []
        for update in updates {
            let run = runs[update.source] ?? Run(id: Int64(runs.count) + 1, newest: 0)
            guard update.timestamp.value > run.newest else { continue }
            try Self.insert(update, run.id, insert, database)
            runs[update.source] = Run(id: run.id, newest: update.timestamp.value)
            touched.insert(update.source)
        }
        try storeEnds(of: touched, in: database)
    }

    private func storeEnds(of touched: Set<Source>, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO sources (id, utf8, newest) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET newest = excluded.newest
                """
        ).sqliteStatement
        for source in touched {
            guard let run = runs[source] else { continue }
            sqlite3_bind_int64(statement, 1, run.id)
            sqlite3_bind_double(statement, 3, run.newest)
            try source.utf8.withUnsafeBytes { bytes in
                bind(bytes, to: 2, of: statement)
                try finish(statement, database)
            }
        }
    }

    private static func insert(
        _ update: Update, _ id: Int64, _ statement: SQLiteStatement, _ database: Database
    ) throws {
        var checksum = Checksum(source: id, timestamp: update.timestamp.value)
        sqlite3_bind_int64(statement, 1, id)
        sqlite3_bind_double(statement, 2, update.timestamp.value)
        try update.payload.withUnsafeBytes { payload in
            bind(payload, to: 3, of: statement)
            checksum.add(payload)
            guard let tail = update.tail else {
                sqlite3_bind_null(statement, 4)
                sqlite3_bind_int64(statement, 5, Int64(bitPattern: checksum.value))
                return try finish(statement, database)
            }
            try tail.withUnsafeBytes { tail in
                bind(tail, to: 4, of: statement)
                checksum.add(tail)
                sqlite3_bind_int64(statement, 5, Int64(bitPattern: checksum.value))
                try finish(statement, database)
            }
        }
    }
}

/// Binds bytes that stay in place until the statement has run.
private func bind(_ bytes: UnsafeRawBufferPointer, to index: CInt, of statement: SQLiteStatement) {
    // SQLite takes a null pointer as NULL, and an empty array may have no address.
    guard let start = bytes.baseAddress, !bytes.isEmpty else {
        sqlite3_bind_zeroblob(statement, index, 0)
        return
    }
    sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), nil)
}

/// Runs a bound statement that gives no rows, and frees it for the next values.
private func finish(_ statement: SQLiteStatement, _ database: Database) throws {
    let code = sqlite3_step(statement)
    if code == SQLITE_DONE {
        sqlite3_reset(statement)
        return
    }
    let message = String(cString: sqlite3_errmsg(database.sqliteConnection))
    sqlite3_reset(statement)
    throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
}
