// SPDX-License-Identifier: MIT

import GRDB
import ScuttlebuttRuntime

/// The tables of a store.
///
/// Updates stand in the order in which they were stored, numbered from 1 without gaps; a source's
/// updates ascend. `sources.newest` says where each source's run ends, so that neither a lost row
/// nor an update that comes twice needs an index over all updates.
enum Schema {
    /// "Scut", in the header of every store.
    static let applicationID: UInt32 = 0x5363_7574
    static let version = 1

    static let tables = [
        "CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), source BLOB NOT NULL)",
        "CREATE TABLE refusals (place INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE)",
        "CREATE TABLE sources (id INTEGER PRIMARY KEY, utf8 BLOB NOT NULL UNIQUE, "
            + "newest REAL NOT NULL)",
        "CREATE TABLE updates (place INTEGER PRIMARY KEY, source INTEGER NOT NULL, "
            + "timestamp REAL NOT NULL, payload BLOB NOT NULL, tail BLOB, "
            + "checksum INTEGER NOT NULL)",
    ]

    /// Makes the tables in a new database file, and leaves it in write-ahead mode.
    static func create(at path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.inTransaction(.immediate) {
                for table in tables { try database.execute(sql: table) }
                try database.execute(sql: "PRAGMA application_id = \(applicationID)")
                try database.execute(sql: "PRAGMA user_version = \(version)")
                return .commit
            }
            // Only now: the header's numbers then stand in the file itself, where
            // ``StoreFile`` looks for them, and not in a log beside it.
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        }
        try database.close()
    }

    /// Checks that the tables are ours, as far as that is possible without reading them all.
    static func check(_ database: Database, path: String) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= Schema.version else { throw tooNew(path) }
        let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let found = try String.fetchAll(
            database, sql: "SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        guard identifier == Int64(applicationID), version == Schema.version, found == tables
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
