// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt

/// The tables of a store.
///
/// Updates are in the order in which they were stored, numbered from 1 without gaps.
///
/// In version 1, each source's updates ascend, and `sources.newest` records the newest timestamp of
/// each source, so that lost rows and repeated updates can be detected without an index over all
/// updates.
///
/// Version 2 adds the table `late`, which lists the places of updates that were stored after newer
/// ones of their source. A row is out of order if and only if it is listed there; anything else is
/// damage. A log is created as version 1 and becomes version 2 with the first late update, which is
/// rare, so that programs which only know version 1 can read most logs.
///
/// Version 3 can be read in part, and holds checkpoints of a state beside the log. It adds an index
/// by which updates are found in agreed order, the number of updates of each source, and the tables
/// of checkpoints. A log becomes version 3 the first time that a store asks for its
/// ``SQLiteStorage/summary()``; ``TieredSchema`` has the statements.
///
/// Version 4 can be written by several processes, each under a source of its own; see
/// ``SharedSchema``.
enum Schema {
    /// "Scut", in the header of every store.
    static let applicationID: UInt32 = 0x5363_7574
    /// The newest known version.
    static let version = SharedSchema.version
    /// The version of a log that has late updates.
    static let lateVersion = 2
    /// The version of a log without late updates.
    static let plainVersion = 1

    static let tables = [
        "CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), source BLOB NOT NULL)",
        "CREATE TABLE refusals (place INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE)",
        "CREATE TABLE sources (id INTEGER PRIMARY KEY, utf8 BLOB NOT NULL UNIQUE, "
            + "newest REAL NOT NULL)",
        "CREATE TABLE updates (place INTEGER PRIMARY KEY, source INTEGER NOT NULL, "
            + "timestamp REAL NOT NULL, payload BLOB NOT NULL, tail BLOB, "
            + "checksum INTEGER NOT NULL)",
    ]
    static let lateTable = "CREATE TABLE late (place INTEGER PRIMARY KEY)"

    /// Creates the tables in a new database file, and leaves it in write-ahead mode.
    static func create(at path: String) throws {
        let database = try SystemFailure.noting { try DatabaseQueue(path: path) }
        try database.writeWithoutTransaction { database in
            try SystemFailure.noting { try create(in: database) }
        }
        try database.close()
    }

    private static func create(in database: Database) throws {
        try database.execute(sql: "PRAGMA synchronous = FULL")
        try database.inTransaction(.immediate) {
            for table in tables { try database.execute(sql: table) }
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: "PRAGMA user_version = \(plainVersion)")
            return .commit
        }
        // Only now, so that the header's fields are in the file itself, where ``StoreFile``
        // looks for them, and not in the write-ahead log.
        try requireWriteAhead(database)
    }

    /// Switches to write-ahead mode; changes nothing if the file is in it already.
    ///
    /// SQLite reports some failures to do so by the mode only, and a file whose creation was
    /// interrupted may still be in the other one.
    static func requireWriteAhead(_ database: Database) throws {
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw DatabaseError(
                resultCode: .SQLITE_IOERR, message: "the write-ahead log cannot be created")
        }
    }

    /// Creates the table of late updates, within the transaction that stores the first one.
    static func addLateTable(_ database: Database) throws {
        try database.execute(sql: lateTable)
        try database.execute(sql: "PRAGMA user_version = \(lateVersion)")
        try WritingMark.renew(database)
    }

    /// Returns whether the log may have late updates.
    static func hasLateTable(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA user_version") != plainVersion
    }

    /// Checks that the tables are those of a store, as far as possible without reading their rows.
    static func check(_ database: Database, path: String) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= Schema.version else { throw tooNew(path) }
        let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let found = try String.fetchAll(
            database, sql: "SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        var expected = tables
        if version >= lateVersion { expected.append(lateTable) }
        if version >= TieredSchema.version { expected += TieredSchema.tables }
        if version >= SharedSchema.version { expected.append(SharedSchema.table) }
        // The statements sort like the table names.
        expected.sort()
        guard identifier == Int64(applicationID), version >= plainVersion, found == expected
        else { throw damaged(path, "it does not have the tables of a log") }
    }

    static func tooNew(_ path: String) -> StorageError {
        StorageError(
            .tooNew,
            "\(path) was written by a newer version of this program; update this program first")
    }

    static func damaged(_ path: String, _ what: String) -> StorageError {
        guard let log = FileIdentity.size(of: path + "-wal"), log > 0 else {
            return StorageError(
                .foreignOrCorrupt,
                "\(path) is damaged: \(what); it was not changed, restore it from a copy")
        }
        // SQLite has read both as one.
        return StorageError(
            .foreignOrCorrupt,
            "\(path) and \(path)-wal do not make a sound store: \(what). If the first was put back "
                + "from a copy, the other belongs to the file that was there before: move it away. "
                + "Otherwise restore the store from a copy. Nothing was changed")
    }
}
