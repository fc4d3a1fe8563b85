// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt

/// What version 4 of a store adds to ``TieredSchema``: the sources of those who share it.
///
/// A store becomes version 4 the first time that it is opened in order to share it. Slot 1 is the
/// store's own identity, which is also that of who has it alone. A program that does not know the
/// version would not know either that the other sources are taken.
enum SharedSchema {
    static let version = 4

    static let table =
        "CREATE TABLE writers (slot INTEGER PRIMARY KEY CHECK (slot > 1), "
        + "source BLOB NOT NULL UNIQUE)"

    /// Returns whether the store can be shared.
    static func isPresent(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= version
    }

    /// Brings a store of an older version into this form, within the caller's transaction.
    ///
    /// - Complexity: O(n log n) for a version below 3, otherwise O(1).
    static func upgrade(_ database: Database) throws {
        guard try !isPresent(database) else { return }
        _ = try TieredSchema.upgrade(database)
        try database.execute(sql: table)
        try database.execute(sql: "PRAGMA user_version = \(version)")
        try WritingMark.renew(database)
    }

    /// Returns the source of a slot; a slot that has none gets `proposed`, or another one if that
    /// is taken.
    static func source(
        ofSlot slot: Int, proposing proposed: Source, in database: Database
    ) throws -> Source? {
        let table = slot == 1 ? "identity" : "writers"
        let column = slot == 1 ? "id" : "slot"
        if let stored = try Blob.fetchOne(
            database, sql: "SELECT source FROM \(table) WHERE \(column) = ?", arguments: [slot])
        {
            return SourceTable.source(stored.bytes)
        }
        var source = proposed
        var generator = SystemRandomNumberGenerator()
        while try isTaken(source, database) { source = .random(using: &generator) }
        try database.execute(
            sql: "INSERT INTO \(table) (\(column), source) VALUES (?, ?)",
            arguments: [slot, Blob(source.utf8)])
        return source
    }

    private static func isTaken(_ source: Source, _ database: Database) throws -> Bool {
        try Int.fetchOne(
            database,
            sql: """
                SELECT 1 FROM identity WHERE source = ?1
                UNION ALL SELECT 1 FROM writers WHERE source = ?1
                """, arguments: [Blob(source.utf8)]) != nil
    }

    /// The highest slot that has a source.
    static func lastSlot(_ database: Database) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT max(slot) FROM writers")) ?? 1
    }
}
