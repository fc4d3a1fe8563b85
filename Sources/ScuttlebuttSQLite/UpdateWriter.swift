// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
import Scuttlebutt
import ScuttlebuttRuntime

/// Stores updates within a transaction, and keeps track of each source's newest timestamp.
///
/// It uses SQLite's C API, because binding values one by one through GRDB takes longer than
/// SQLite's own work.
struct UpdateWriter: Sendable {
    private struct Run {
        let id: Int64
        var newest: Double
    }

    private var runs: [Source: Run] = [:]
    private var hasLateTable: Bool
    /// Whether the log can be read in part: updates are counted, and it has checkpoints.
    private var isTiered: Bool
    /// The place of the newest update in the file.
    private var lastPlace: Int64
    /// How many updates were inserted since the last call of ``takeInserted()``.
    private var insertedCount: Int64 = 0
    /// All stored timestamps of the sources that have sent late updates.
    private var stored: [Int64: StampRun] = [:]

    /// Creates a writer; reads one row per source.
    init(_ database: Database) throws {
        hasLateTable = try Schema.hasLateTable(database)
        isTiered = try TieredSchema.isPresent(database)
        lastPlace = try UpdateWriter.lastPlace(database)
        try readSources(database)
    }

    /// Learns what others have stored since the last transaction, within the next one.
    ///
    /// - Complexity: O(sources), and O(1) for each of their updates if a source has late ones.
    mutating func refresh(_ database: Database) throws {
        hasLateTable = try Schema.hasLateTable(database)
        isTiered = try TieredSchema.isPresent(database)
        try readSources(database)
        if !stored.isEmpty { try readStamps(of: Set(stored.keys), after: lastPlace, database) }
        lastPlace = try UpdateWriter.lastPlace(database)
    }

    /// Returns the places of what was inserted since the last call.
    mutating func takeInserted() -> ClosedRange<Int64>? {
        guard insertedCount > 0 else { return nil }
        defer { insertedCount = 0 }
        return lastPlace - insertedCount + 1...lastPlace
    }

    private static func lastPlace(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT max(place) FROM updates")) ?? 0
    }

    private mutating func readSources(_ database: Database) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT id, utf8, newest FROM sources")
        while let row = try rows.next() {
            let entry = try SourceTable.entry(row)
            runs[entry.source] = Run(id: entry.id, newest: entry.newest)
        }
    }

    /// Stores the updates whose stamps are not stored yet.
    ///
    /// If the transaction is not committed, the writer must be discarded, because its state is then
    /// ahead of the file.
    ///
    /// - Complexity: O(1) for an update that is newer than all others of its source. The first
    ///   older one of a source reads all stamps in the file, O(n), and keeps those of its source
    ///   from then on, 8 bytes per update.
    ///
    /// - Parameter own: The source of this process if others write to the log too: nothing of it
    ///   may be passed over because another update has its stamp.
    mutating func store(
        _ updates: ArraySlice<Update>, own: Source? = nil, in database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO updates (source, timestamp, payload, tail, checksum)
                VALUES (?, ?, ?, ?, ?)
                """
        )
        // Creating a table clears the statement cache, which would free this one while it is in
        // use.
        defer { withExtendedLifetime(statement) {} }
        let insert = statement.sqliteStatement
        var touched: Set<Source> = []
        var tally = InsertionTally()
        for (index, update) in zip(updates.indices, updates) {
            let run = runs[update.source] ?? Run(id: Int64(runs.count) + 1, newest: 0)
            guard update.timestamp.value > run.newest else {
                let isNewest = update.timestamp.value == run.newest
                if !isNewest, stored[run.id] == nil {
                    try readStamps(for: updates[index...], database)
                }
                guard !isNewest, stored[run.id]?.add(update.timestamp) == .late else {
                    if update.source == own { try requireEqual(update, run.id, database) }
                    continue
                }
                try self.insert(update, run.id, insert, database)
                if isTiered { tally.add(update, run.id) }
                try markLate(database)
                continue
            }
            if !stored.isEmpty { _ = stored[run.id]?.add(update.timestamp) }
            try self.insert(update, run.id, insert, database)
            if isTiered { tally.add(update, run.id) }
            runs[update.source] = Run(id: run.id, newest: update.timestamp.value)
            touched.insert(update.source)
        }
        try storeEnds(of: touched, in: database)
        try tally.store(in: database)
    }

    /// Reads the stored timestamps of all sources that have late updates among `updates`.
    private mutating func readStamps(
        for updates: ArraySlice<Update>, _ database: Database
    ) throws {
        var wanted: Set<Int64> = []
        for update in updates {
            guard let run = runs[update.source], update.timestamp.value < run.newest,
                stored[run.id] == nil
            else { continue }
            wanted.insert(run.id)
        }
        for id in wanted { stored[id] = StampRun() }
        try readStamps(of: wanted, after: 0, database)
    }

    /// Adds the timestamps of these sources that stand after a place.
    private mutating func readStamps(
        of wanted: Set<Int64>, after place: Int64, _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT source, timestamp FROM updates WHERE place > ? ORDER BY place"
        ).sqliteStatement
        defer { sqlite3_reset(statement) }
        sqlite3_bind_int64(statement, 1, place)
        while try step(statement, database) {
            let id = sqlite3_column_int64(statement, 0)
            guard let timestamp = Timestamp(sqlite3_column_double(statement, 1)) else {
                throw DamageError("an update is invalid")
            }
            if wanted.contains(id) { _ = stored[id]?.add(timestamp) }
        }
    }

    /// Checks that the stored update with this stamp is this one.
    private func requireEqual(_ update: Update, _ id: Int64, _ database: Database) throws {
        let stored = try Blob.fetchOne(
            database,
            sql: "SELECT payload FROM updates WHERE timestamp = ? AND source = ?",
            arguments: [update.timestamp.value, id])
        if stored?.bytes != update.payload { throw StampTakenError(stamp: update.stamp) }
    }

    /// Records that the last inserted row comes after newer ones of its source.
    private mutating func markLate(_ database: Database) throws {
        let place = lastPlace
        if !hasLateTable {
            try Schema.addLateTable(database)
            hasLateTable = true
        }
        let statement = try database.cachedStatement(sql: "INSERT INTO late (place) VALUES (?)")
            .sqliteStatement
        sqlite3_bind_int64(statement, 1, place)
        try finish(statement, database)
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

    private mutating func insert(
        _ update: Update, _ id: Int64, _ statement: SQLiteStatement, _ database: Database
    ) throws {
        try Self.run(update, id, statement, database)
        lastPlace = database.lastInsertedRowID
        insertedCount += 1
    }

    private static func run(
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

/// Thrown for an own update whose stamp another one has.
struct StampTakenError: Error {
    let stamp: Stamp
}

/// Binds bytes, which must remain valid until the statement has run.
private func bind(_ bytes: UnsafeRawBufferPointer, to index: CInt, of statement: SQLiteStatement) {
    // SQLite treats a null pointer as NULL, and an empty array may have no address.
    guard let start = bytes.baseAddress, !bytes.isEmpty else {
        sqlite3_bind_zeroblob(statement, index, 0)
        return
    }
    sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), nil)
}

/// Runs a bound statement that returns no rows, and resets it for the next values.
func finish(_ statement: SQLiteStatement, _ database: Database) throws {
    defer { sqlite3_reset(statement) }
    let code = sqlite3_step(statement)
    guard code == SQLITE_DONE else { throw failure(code, database) }
}

/// Moves to the next row of a statement, and returns whether there is one.
func step(_ statement: SQLiteStatement, _ database: Database) throws -> Bool {
    let code = sqlite3_step(statement)
    guard code == SQLITE_ROW || code == SQLITE_DONE else { throw failure(code, database) }
    return code == SQLITE_ROW
}

/// Returns SQLite's error for a failed call.
func failure(_ code: CInt, _ database: Database) -> DatabaseError {
    DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
}
