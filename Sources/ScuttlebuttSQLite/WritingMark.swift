// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

/// A note in a store that its newest updates are in its write-ahead log.
///
/// Whoever copies only the main file of a store that is being written gets a sound database without
/// its tail, which nothing in SQLite distinguishes from a shorter log. So the first transaction
/// after opening adds this note, is merged into the main file at once, and the note is removed when
/// the store is closed. A file with a note and without a write-ahead log is a copy that lacks its
/// tail, unless
///
/// - it is the same file (its number is in the note) and has no other name: another program merged
///   its log, or
/// - SQLite copied it as a whole (`.backup`, `VACUUM INTO`), which changes the version of the
///   schema that is in the note too.
///
/// The note is a view, because programs that do not know it check the tables only.
enum WritingMark {
    private static let name = "open_for_writing"

    /// Adds the note, or renews it after a change of the schema, within the caller's transaction.
    ///
    /// One that is valid stays, because others that share the store rely on it.
    static func set(_ database: Database, path: String) throws {
        let node = FileIdentity(path: path)?.node ?? 0
        if let mark = try read(database), UInt64(bitPattern: mark.node) == node,
            try Int64.fetchOne(database, sql: "PRAGMA schema_version") == mark.version
        {
            return
        }
        try set(database, node: node)
    }

    /// Renews the note after a change of the schema, if there is one.
    static func renew(_ database: Database) throws {
        guard let mark = try read(database) else { return }
        try set(database, node: UInt64(bitPattern: mark.node))
    }

    private static func set(_ database: Database, node: UInt64) throws {
        // Large and random, so that no copy made by SQLite gets it by counting.
        let version = Int32.random(in: 1 << 24...Int32.max - 1 << 24)
        try database.execute(sql: "DROP VIEW IF EXISTS \(name)")
        try database.execute(
            sql: """
                CREATE VIEW \(name) AS SELECT \(version) AS version, \
                \(Int64(bitPattern: node)) AS node, \
                'the newest updates are in the -wal file; copy both' AS note
                """)
        try database.execute(sql: "PRAGMA schema_version = \(version)")
    }

    /// Removes the note, in a transaction of its own, if there is one.
    static func clear(_ database: Database) throws {
        guard try isPresent(database) else { return }
        try database.inTransaction(.immediate) {
            try database.execute(sql: "DROP VIEW \(name)")
            return .commit
        }
    }

    /// Whether the file at `path`, which has no write-ahead log, lacks updates that were in it.
    static func showsMissingTail(_ database: Database, path: String) throws -> Bool {
        guard let mark = try read(database), let own = FileIdentity(path: path) else {
            return false
        }
        let version = try Int64.fetchOne(database, sql: "PRAGMA schema_version")
        guard version == mark.version else { return false }
        // Under another name of the same file the write-ahead log is missing as well.
        return UInt64(bitPattern: mark.node) != own.node || FileIdentity.hasOtherNames(path)
    }

    private static func isPresent(_ database: Database) throws -> Bool {
        try Int.fetchOne(
            database, sql: "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ?",
            arguments: [name]) != nil
    }

    /// The number of the file and the version of the schema in the note.
    private static func read(_ database: Database) throws -> (node: Int64, version: Int64)? {
        guard try isPresent(database),
            let row = try Row.fetchOne(database, sql: "SELECT version, node FROM \(name)"),
            let version = Int64.fromDatabaseValue(row["version"]),
            let node = Int64.fromDatabaseValue(row["node"])
        else { return nil }
        return (node, version)
    }

    static func incomplete(_ path: String) -> StorageError {
        StorageError(
            .incomplete,
            "\(path) is a copy of a store that was in use, made without its \(path)-wal, so its "
                + "newest updates are missing; copy both files, or export the store instead")
    }
}
