// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

/// The tables of a store.
///
/// Updates stand in the order in which they were stored, numbered from 1 without gaps.
///
/// In version 1 a source's updates ascend, and `sources.newest` says where each source's run ends,
/// so that neither a lost row nor an update that comes twice needs an index over all updates.
///
/// Version 2 has the table `late` too: the places of those updates that were stored behind newer
/// ones of their source. A row is out of order if and only if it stands there; anything else is
/// damage. A log is made as version 1 and becomes version 2 with the first such update, which
/// hardly any log ever has, so that programs which know version 1 alone go on reading the others.
enum Schema {
    /// "Scut", in the header of every store.
    static let applicationID: UInt32 = 0x5363_7574
    /// The newest version that is known.
    static let version = 2
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

    /// Makes the tables in a new database file, and leaves it in write-ahead mode.
    static func create(at path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.inTransaction(.immediate) {
                for table in tables { try database.execute(sql: table) }
                try database.execute(sql: "PRAGMA application_id = \(applicationID)")
                try database.execute(sql: "PRAGMA user_version = \(plainVersion)")
                return .commit
            }
            // Only now: the header's numbers then stand in the file itself, where
            // ``StoreFile`` looks for them, and not in a log beside it.
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        }
        try database.close()
    }

    /// Makes room for late updates, within the transaction that stores the first of them.
    static func addLateTable(_ database: Database) throws {
        try database.execute(sql: lateTable)
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// Whether the log may have late updates.
    static func hasLateTable(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA user_version") != plainVersion
    }

    /// Checks that the tables are ours, as far as that is possible without reading them all.
    static func check(_ database: Database, path: String) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= Schema.version else { throw tooNew(path) }
        let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let found = try String.fetchAll(
            database, sql: "SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        // Their statements sort as their names do.
        let expected = version == plainVersion ? tables : (tables + [lateTable]).sorted()
        guard identifier == Int64(applicationID), version >= plainVersion, found == expected
        else { throw damaged(path, "its tables are not those of a log") }
    }

    static func tooNew(_ path: String) -> StorageError {
        StorageError(
            .tooNew, "\(path) was written by a newer version of this program; update it first.")
    }

    static func damaged(_ path: String, _ what: String) -> StorageError {
        StorageError(
            .foreignOrCorrupt,
            "\(path) is damaged (\(what)); it was left as it is, restore it from a copy.")
    }
}
