// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
import Scuttlebutt

/// What a transaction adds to a log that can be read in part: how many updates of each source, and
/// how far back they reach.
struct InsertionTally {
    private var counts: [Int64: Int64] = [:]
    /// The smallest stamp that was inserted.
    private var earliest: Stamp?

    mutating func add(_ update: Update, _ source: Int64) {
        counts[source, default: 0] += 1
        guard let known = earliest else {
            earliest = update.stamp
            return
        }
        // Nearly always later, which one comparison tells.
        if update.timestamp <= known.timestamp { earliest = min(known, update.stamp) }
    }

    /// Counts the updates, and removes the checkpoints that lack one of them.
    func store(in database: Database) throws {
        guard let earliest else { return }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO tallies (source, count) VALUES (?, ?)
                ON CONFLICT (source) DO UPDATE SET count = count + excluded.count
                """
        ).sqliteStatement
        for (source, count) in counts {
            sqlite3_bind_int64(statement, 1, source)
            sqlite3_bind_int64(statement, 2, count)
            try finish(statement, database)
        }
        try CheckpointTable.removeAll(from: earliest, in: database)
    }
}
