// SPDX-License-Identifier: MIT

import GRDB

/// What version 3 of a store adds to the tables of ``Schema``: everything by which it can be read
/// in part.
enum TieredSchema {
    static let version = 3

    static let tables = [
        "CREATE TABLE checkpoints (id INTEGER PRIMARY KEY, timestamp REAL NOT NULL, "
            + "source BLOB NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL, "
            + "reducer BLOB NOT NULL, state BLOB NOT NULL, log BLOB NOT NULL, "
            + "extent BLOB NOT NULL, checksum INTEGER NOT NULL)",
        "CREATE TABLE parts (checkpoint INTEGER NOT NULL, part INTEGER NOT NULL, "
            + "bytes BLOB NOT NULL, PRIMARY KEY (checkpoint, part)) WITHOUT ROWID",
        "CREATE TABLE tallies (source INTEGER PRIMARY KEY, count INTEGER NOT NULL)",
    ]
    /// Finds updates in agreed order, except that sources with the same timestamp are in the order
    /// of their numbers.
    static let index = "CREATE INDEX updates_by_time ON updates (timestamp, source)"

    /// Returns whether the log can be read in part.
    static func isPresent(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= version
    }

    /// Returns the number of updates.
    ///
    /// - Throws: `DamageError` if there are not as many as were counted when they were stored.
    static func count(_ database: Database) throws -> Int {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT (SELECT coalesce(sum(count), 0) FROM tallies),
                (SELECT coalesce(max(place), 0) FROM updates)
                """)
        // GRDB's own conversions would trap on a damaged one.
        guard let row, let count = Int.fromDatabaseValue(row[0]),
            let places = Int.fromDatabaseValue(row[1]), count == places
        else { throw DamageError("its number of updates is not what was counted") }
        return count
    }

    /// Checks that the index, if the log has one, has as many entries as there are updates.
    static func requireWholeIndex(_ database: Database) throws {
        guard try isPresent(database) else { return }
        let count = try count(database)
        let row = try Row.fetchOne(
            database, sql: "SELECT count(*) FROM updates INDEXED BY updates_by_time")
        guard let row, let found = Int.fromDatabaseValue(row[0]), found == count else {
            throw DamageError("the index of the timestamps does not have all updates")
        }
    }

    /// Brings a log of an older version into the present form, within the caller's transaction.
    ///
    /// - Returns: Whether it was older.
    /// - Complexity: O(n log n).
    static func upgrade(_ database: Database) throws -> Bool {
        guard try !isPresent(database) else { return false }
        if try !Schema.hasLateTable(database) { try database.execute(sql: Schema.lateTable) }
        for table in tables { try database.execute(sql: table) }
        try database.execute(sql: index)
        try database.execute(
            sql: "INSERT INTO tallies SELECT source, count(*) FROM updates GROUP BY source")
        try database.execute(sql: "PRAGMA user_version = \(version)")
        try WritingMark.renew(database)
        return true
    }
}
