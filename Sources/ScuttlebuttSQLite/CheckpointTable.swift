// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

/// Reads and writes the tables `checkpoints` and `parts`.
///
/// Invariant: *a checkpoint in the file contains exactly the updates in the file up to its stamp.*
/// It holds in every transaction, so that no crash can leave one that lacks an update.
enum CheckpointTable {
    /// The number of bytes of a state in one row: 256 KiB.
    static let partByteCount = 256 << 10

    /// The parts of a checkpoint that are lists, as JSON.
    private struct Extent: Codable {
        struct Entry: Codable {
            var source: String
            var timestamp: Double
        }

        var vector: [Entry]
        var unknown: [Entry]
    }

    /// Removes the checkpoints that contain the place of `stamp`.
    static func removeAll(from stamp: Stamp, in database: Database) throws {
        let newest = try Double.fetchOne(
            database.cachedStatement(sql: "SELECT max(timestamp) FROM checkpoints"))
        guard let newest, newest >= stamp.timestamp.value else { return }
        let rows = try Row.fetchAll(
            database, sql: "SELECT id, timestamp, source FROM checkpoints WHERE timestamp >= ?",
            arguments: [stamp.timestamp.value])
        for row in rows {
            // One that cannot be read is removed as well.
            if let found = Self.stamp(row[1], row[2]), found < stamp { continue }
            guard let id = Int64.fromDatabaseValue(row[0]) else { continue }
            try remove(id, database)
        }
    }

    static func remove(_ id: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM parts WHERE checkpoint = ?", arguments: [id])
        try database.execute(sql: "DELETE FROM checkpoints WHERE id = ?", arguments: [id])
    }

    /// Returns the number of the checkpoint with this stamp.
    static func id(of stamp: Stamp, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database, sql: "SELECT id FROM checkpoints WHERE timestamp = ? AND source = ?",
            arguments: [stamp.timestamp.value, Blob(stamp.source.utf8)])
    }

    static func store(
        _ checkpoint: StoredCheckpoint, state: [UInt8], in database: Database
    ) throws {
        if let id = try id(of: checkpoint.stamp, database) { try remove(id, database) }
        let extent = try JSONEncoder().encode(
            Extent(
                vector: checkpoint.vector.entries.map {
                    Extent.Entry(source: $0.source.text, timestamp: $0.timestamp.value)
                },
                unknown: checkpoint.unknown.map {
                    Extent.Entry(source: $0.source.text, timestamp: $0.timestamp.value)
                }))
        let reducer = Array(checkpoint.reducerVersion.utf8)
        try database.execute(
            sql: """
                INSERT INTO checkpoints
                (timestamp, source, count, bytes, reducer, state, log, extent, checksum)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                checkpoint.stamp.timestamp.value, Blob(checkpoint.stamp.source.utf8),
                checkpoint.count, state.count, Blob(reducer), Blob(checkpoint.stateHash),
                Blob(checkpoint.logHash), Blob(Array(extent)),
                checksum(
                    checkpoint.stamp, [checkpoint.count, state.count],
                    [reducer, checkpoint.stateHash, checkpoint.logHash, Array(extent)]),
            ])
        let id = database.lastInsertedRowID
        let insert = try database.cachedStatement(
            sql: "INSERT INTO parts (checkpoint, part, bytes) VALUES (?, ?, ?)")
        for (part, start) in stride(from: 0, to: state.count, by: partByteCount).enumerated() {
            let bytes = Array(state[start..<min(start + partByteCount, state.count)])
            try insert.execute(arguments: [id, part, Blob(bytes)])
        }
    }

    /// Reads all checkpoints, the oldest first, without those that are damaged.
    static func all(_ database: Database) throws -> [StoredCheckpoint] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT timestamp, source, count, bytes, reducer, state, log, extent, checksum
                FROM checkpoints
                """)
        var checkpoints: [StoredCheckpoint] = []
        while let row = try rows.next() {
            if let checkpoint = decode(row) { checkpoints.append(checkpoint) }
        }
        return checkpoints.sorted { $0.stamp < $1.stamp }
    }

    private static func decode(_ row: Row) -> StoredCheckpoint? {
        guard let stamp = stamp(row[0], row[1]),
            let count = Int.fromDatabaseValue(row[2]),
            let byteCount = Int.fromDatabaseValue(row[3]), byteCount >= 0,
            let reducer = Blob.fromDatabaseValue(row[4])?.bytes,
            let stateHash = Blob.fromDatabaseValue(row[5])?.bytes,
            let logHash = Blob.fromDatabaseValue(row[6])?.bytes,
            let extentBytes = Blob.fromDatabaseValue(row[7])?.bytes,
            let sum = Int64.fromDatabaseValue(row[8]),
            sum
                == checksum(
                    stamp, [count, byteCount], [reducer, stateHash, logHash, extentBytes]),
            let extent = try? JSONDecoder().decode(Extent.self, from: Data(extentBytes))
        else { return nil }
        var vector = VersionVector()
        for entry in extent.vector {
            guard let found = Self.stamp(entry) else { return nil }
            vector.advance(found.source, to: found.timestamp)
        }
        let unknown = extent.unknown.compactMap { Self.stamp($0) }
        guard unknown.count == extent.unknown.count else { return nil }
        return StoredCheckpoint(
            stamp: stamp, count: count, vector: vector,
            reducerVersion: String(decoding: reducer, as: UTF8.self), unknown: unknown,
            stateHash: stateHash, logHash: logHash, stateByteCount: byteCount)
    }

    /// Reads the bytes of a checkpoint's state.
    static func state(of checkpoint: StoredCheckpoint, _ database: Database) throws -> [UInt8] {
        guard let id = try id(of: checkpoint.stamp, database) else {
            throw DamageError("a checkpoint is missing")
        }
        let rows = try Row.fetchCursor(
            database, sql: "SELECT part, bytes FROM parts WHERE checkpoint = ? ORDER BY part",
            arguments: [id])
        var bytes: [UInt8] = []
        var part: Int64 = 0
        while let row = try rows.next() {
            guard Int64.fromDatabaseValue(row[0]) == part,
                let piece = Blob.fromDatabaseValue(row[1])?.bytes,
                bytes.count + piece.count <= checkpoint.stateByteCount
            else { throw DamageError("a part of a checkpoint is missing") }
            bytes += piece
            part += 1
        }
        guard bytes.count == checkpoint.stateByteCount else {
            throw DamageError("a part of a checkpoint is missing")
        }
        return bytes
    }

    private static func stamp(_ timestamp: DatabaseValue, _ source: DatabaseValue) -> Stamp? {
        guard let value = Double.fromDatabaseValue(timestamp), let timestamp = Timestamp(value),
            let source = Blob.fromDatabaseValue(source).flatMap({ SourceTable.source($0.bytes) })
        else { return nil }
        return Stamp(timestamp: timestamp, source: source)
    }

    private static func stamp(_ entry: Extent.Entry) -> Stamp? {
        guard let timestamp = Timestamp(entry.timestamp), let source = Source(entry.source) else {
            return nil
        }
        return Stamp(timestamp: timestamp, source: source)
    }

    private static func checksum(
        _ stamp: Stamp, _ counts: [Int], _ parts: [[UInt8]]
    ) -> Int64 {
        var checksum = Checksum(source: Int64(counts.count), timestamp: stamp.timestamp.value)
        stamp.source.utf8.withUnsafeBytes { checksum.add($0) }
        for count in counts { withUnsafeBytes(of: Int64(count).littleEndian) { checksum.add($0) } }
        for part in parts { part.withUnsafeBytes { checksum.add($0) } }
        return Int64(bitPattern: checksum.value)
    }
}
