// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
public import Scuttlebutt
public import ScuttlebuttRuntime
import Synchronization

extension SQLiteStorage: TieredLogStorage {
    /// Returns what the log contains.
    ///
    /// A file of an older version that is open for writing is brought into the present form first,
    /// in one transaction.
    ///
    /// - Throws: `StorageError`; `.writeFailed` if that fails, for example because the disk is
    ///   full, or if the file is open for reading only and of an older version; see
    ///   ``canBeReadInPart()``.
    public func summary() async throws -> LogSummary {
        if try await !canBeReadInPart() {
            let isUpgraded = try await write { database in
                try TieredSchema.upgrade(database)
            }
            // It must count what it stores from now on.
            if isUpgraded { writer.withLock { $0 = nil } }
        }
        return try await read { [self] database in
            if isShared {
                let last = try Int64.fetchOne(database, sql: "SELECT max(place) FROM updates")
                places.withLock { $0.begin(at: last ?? 0) }
            }
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT id, utf8, newest, count FROM sources
                    LEFT JOIN tallies ON tallies.source = sources.id ORDER BY id
                    """)
            var summary = LogSummary()
            while let row = try rows.next() {
                let entry = try SourceTable.entry(row)
                guard let newest = Timestamp(entry.newest),
                    let count = Int.fromDatabaseValue(row[3]), count > 0
                else { throw DamageError("a source is invalid") }
                summary.entries.append(.init(source: entry.source, newest: newest, count: count))
            }
            return summary
        }
    }

    /// Returns whether the file has the form that can be read in part: one of an older version that
    /// is open for reading only has not, and is read with ``load(_:)``.
    public func canBeReadInPart() async throws -> Bool {
        try await read { try TieredSchema.isPresent($0) }
    }

    /// Returns the newest stamp after which there are at most `count` updates; fewer only by those
    /// that have the same timestamp.
    public func floor(leaving count: Int) async throws -> Stamp? {
        try await readApart { [sources] database in
            let statement = try database.cachedStatement(
                sql: "SELECT timestamp FROM updates ORDER BY timestamp DESC LIMIT 1 OFFSET ?")
            let offset = Int64(max(0, count))
            guard let value = try Double.fetchOne(statement, arguments: [offset]),
                let timestamp = Timestamp(value)
            else { return nil }
            let ids = try Int64.fetchAll(
                database.cachedStatement(sql: "SELECT source FROM updates WHERE timestamp = ?"),
                arguments: [value])
            let last = try sources.withLock { table in
                try ids.map { try table.source($0, database) }.max()
            }
            return last.map { Stamp(timestamp: timestamp, source: $0) }
        }
    }

    /// Returns the updates after a stamp, in agreed order, each checked against its checksum.
    ///
    /// Whoever begins at the beginning is about to read the whole log, so that the index is counted
    /// first: one that lacks an entry would silently leave out an update.
    ///
    /// - Throws: `StorageError` `.foreignOrCorrupt` if one is damaged, `.unreadable`, `.closed`.
    /// - Complexity: O(log n) plus about 2 µs per update; from the beginning also about 50 ns for
    ///   each update of the log.
    public func updates(after stamp: Stamp?, limit: DeltaLimit) async throws -> [Update] {
        try await readApart { [sources] database in
            if stamp == nil { try TieredSchema.requireWholeIndex(database) }
            return try sources.withLock { table in
                var reader = OrderedReader(table: table)
                defer { table = reader.table }
                return try reader.updates(after: stamp, limit: limit, database)
            }
        }
    }

    /// Returns the number of stored updates, which is also the place of the newest.
    public func mark() async throws -> Int64 {
        try await read { database in
            try Int64.fetchOne(database, sql: "SELECT max(place) FROM updates") ?? 0
        }
    }

    // MARK: Checkpoints

    /// Returns the checkpoints, the oldest first; a damaged one is left out.
    public func checkpoints() async throws -> [StoredCheckpoint] {
        try await readApart { try CheckpointTable.all($0) }
    }

    /// Returns the bytes of a checkpoint's state.
    public func state(of checkpoint: StoredCheckpoint) async throws -> [UInt8] {
        try await readApart { try CheckpointTable.state(of: checkpoint, $0) }
    }

    /// Stores a checkpoint unless an update at or before it was stored after `mark`.
    ///
    /// - Throws: `StorageError` `.writeFailed`, `.closed`; then the file is as before.
    public func file(
        _ checkpoint: StoredCheckpoint, state: [UInt8], since mark: Int64
    ) async throws -> Bool {
        try await write { [sources] database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT timestamp, source FROM updates WHERE place > ? AND timestamp <= ?",
                arguments: [mark, checkpoint.stamp.timestamp.value])
            let isOvertaken = try sources.withLock { table in
                try rows.contains { row in
                    guard let value = Double.fromDatabaseValue(row[0]),
                        let timestamp = Timestamp(value), let id = Int64.fromDatabaseValue(row[1])
                    else { throw DamageError("an update is invalid") }
                    let source = try table.source(id, database)
                    return Stamp(timestamp: timestamp, source: source) <= checkpoint.stamp
                }
            }
            if isOvertaken { return false }
            try CheckpointTable.store(checkpoint, state: state, in: database)
            return true
        }
    }

    /// Removes checkpoints.
    public func remove(_ checkpoints: [StoredCheckpoint]) async throws {
        guard !checkpoints.isEmpty else { return }
        try await write { database in
            for checkpoint in checkpoints {
                guard let id = try CheckpointTable.id(of: checkpoint.stamp, database) else {
                    continue
                }
                try CheckpointTable.remove(id, database)
            }
        }
    }
}
