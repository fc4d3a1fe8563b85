// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
import Scuttlebutt

/// Reads updates in agreed order by means of the index over timestamps.
struct OrderedReader {
    /// The place of one update, found in the index.
    private struct Entry {
        let timestamp: Timestamp
        let source: Int64
        let place: Int64
    }

    private var reader: UpdateReader
    /// The place of the newest update to read; those that were stored after it are left out.
    private let lastPlace: Int64

    /// The sources of the store, as far as they were needed.
    var table: SourceTable { reader.table }

    init(table: SourceTable, lastPlace: Int64 = .max) {
        reader = UpdateReader(table: table)
        self.lastPlace = lastPlace
    }

    /// Returns the updates after a stamp.
    ///
    /// - Parameter limit: The most to return; at least one update is returned if there is one.
    mutating func updates(
        after stamp: Stamp?, limit: DeltaLimit, _ database: Database
    ) throws -> [Update] {
        let entries = try entries(after: stamp, count: max(1, limit.updates), database)
        let statement = try database.cachedStatement(
            sql: """
                SELECT place, source, timestamp, payload, tail, checksum FROM updates
                WHERE place >= ? ORDER BY place
                """)
        // The table of sources may be read in between, which must not free the statement.
        defer { withExtendedLifetime(statement) {} }
        let row = statement.sqliteStatement
        defer { sqlite3_reset(row) }
        var updates: [Update] = []
        updates.reserveCapacity(entries.count)
        var bytes = 0
        var place: Int64 = 0
        for entry in entries {
            guard bytes < limit.bytes || updates.isEmpty else { break }
            // Most are stored in order, and to look for each would take a third of the time.
            if updates.isEmpty || entry.place != place &+ 1 {
                sqlite3_reset(row)
                sqlite3_bind_int64(row, 1, entry.place)
            }
            place = entry.place
            guard try step(row, database), sqlite3_column_int64(row, 0) == place else {
                throw DamageError("update \(place) is missing")
            }
            let (update, source) = try reader.decode(row, database, place)
            guard update.timestamp == entry.timestamp, source == entry.source else {
                throw DamageError("the index names another update \(entry.place)")
            }
            bytes += update.byteCount
            updates.append(update)
        }
        return updates
    }

    private static let disorder = DamageError("the index of the timestamps is out of order")

    /// Finds the next updates in the index, and sorts those that share a timestamp.
    ///
    /// All of the last timestamp are read, of which there are at most as many as sources.
    private mutating func entries(
        after stamp: Stamp?, count: Int, _ database: Database
    ) throws -> [Entry] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT timestamp, source, place FROM updates WHERE timestamp >= ?
                ORDER BY timestamp
                """
        ).sqliteStatement
        defer { sqlite3_reset(statement) }
        sqlite3_bind_double(statement, 1, stamp?.timestamp.value ?? 0)
        var entries: [Entry] = []
        var groupStart = 0
        while try step(statement, database) {
            let source = sqlite3_column_int64(statement, 1)
            let place = sqlite3_column_int64(statement, 2)
            guard let timestamp = Timestamp(sqlite3_column_double(statement, 0)) else {
                throw DamageError("an update is invalid")
            }
            // What SQLite takes on trust: a damaged page may be out of order.
            let least = entries.last?.timestamp ?? stamp?.timestamp ?? .zero
            guard timestamp >= least else { throw Self.disorder }
            if let stamp, timestamp == stamp.timestamp,
                try reader.source(source, database) <= stamp.source
            {
                continue
            }
            if place > lastPlace { continue }
            if let last = entries.last, last.timestamp != timestamp {
                try sort(&entries, from: groupStart, database)
                if entries.count >= count { break }
                groupStart = entries.count
            }
            entries.append(Entry(timestamp: timestamp, source: source, place: place))
        }
        try sort(&entries, from: groupStart, database)
        if entries.count > count { entries.removeLast(entries.count - count) }
        return entries
    }

    private mutating func sort(
        _ entries: inout [Entry], from start: Int, _ database: Database
    ) throws {
        guard entries.count - start > 1 else { return }
        var named: [(source: Source, entry: Entry)] = []
        for entry in entries[start...] {
            named.append((try reader.source(entry.source, database), entry))
        }
        named.sort { $0.source < $1.source }
        for (left, right) in zip(named, named.dropFirst()) where left.source == right.source {
            throw Self.disorder
        }
        entries.replaceSubrange(start..., with: named.map(\.entry))
    }
}
