// SPDX-License-Identifier: MIT

import GRDB
package import Scuttlebutt

/// A store as it was at one moment, read in pages while others go on writing it.
///
/// Updates are never changed or removed, and what is stored later gets a greater place. So the
/// pages need no common transaction, which would keep the write-ahead log from being merged for as
/// long as somebody reads; what was stored after that moment is left out by its place.
package struct StoreSnapshot: Sendable {
    /// The store.
    package let storage: SQLiteStorage
    /// The number of its updates, as its tallies and its last place say.
    package let count: Int
    /// The checkpoints that it had, the oldest first, without damaged ones.
    package let checkpoints: [StoredCheckpoint]

    /// Returns the updates after a stamp, in agreed order.
    ///
    /// - Throws: The errors of ``SQLiteStorage/updates(after:limit:)``.
    package func updates(after stamp: Stamp?, limit: DeltaLimit) async throws -> [Update] {
        try await storage.readApart { [sources = storage.sources, lastPlace] database in
            try sources.withLock { table in
                var reader = OrderedReader(table: table, lastPlace: lastPlace)
                defer { table = reader.table }
                return try reader.updates(after: stamp, limit: limit, database)
            }
        }
    }

    /// Returns how many updates the index has after a stamp, or altogether.
    ///
    /// - Complexity: O(n) in what is counted, about 50 ns for each.
    package func count(after stamp: Stamp?) async throws -> Int {
        try await storage.readApart { [sources = storage.sources, lastPlace] database in
            // The plus keeps SQLite from looking for the places in the table itself.
            let later = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM updates INDEXED BY updates_by_time
                    WHERE timestamp \(stamp == nil ? ">=" : ">") ? AND +place <= ?
                    """,
                arguments: [stamp?.timestamp.value ?? 0, lastPlace])
            guard let later, let count = Int.fromDatabaseValue(later[0]) else {
                throw DamageError("the updates cannot be counted")
            }
            guard let stamp else { return count }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT source FROM updates INDEXED BY updates_by_time
                    WHERE timestamp = ? AND +place <= ?
                    """,
                arguments: [stamp.timestamp.value, lastPlace])
            return try sources.withLock { table in
                try rows.reduce(count) { count, row in
                    guard let id = Int64.fromDatabaseValue(row[0]) else {
                        throw DamageError("an update is invalid")
                    }
                    return try table.source(id, database) > stamp.source ? count + 1 : count
                }
            }
        }
    }

    private var lastPlace: Int64 { Int64(count) }
}

extension SQLiteStorage {
    /// Returns the store as it is now; `nil` if it cannot be read in part.
    ///
    /// It changes nothing, takes no lock, and brings no older file into the present form.
    ///
    /// - Throws: `StorageError`, also if the store does not have as many updates as it has counted.
    package func snapshot() async throws -> StoreSnapshot? {
        let found: (count: Int, checkpoints: [StoredCheckpoint])? = try await read { database in
            guard try TieredSchema.isPresent(database) else { return nil }
            return (try TieredSchema.count(database), try CheckpointTable.all(database))
        }
        return found.map {
            StoreSnapshot(storage: self, count: $0.count, checkpoints: $0.checkpoints)
        }
    }
}
