// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttSQLite

@Suite("Updates that come behind newer ones of their source", .timeLimit(.minutes(20)))
struct LateUpdatesTests {
    private func version(_ path: String) throws -> Int? {
        let database = try DatabaseQueue(path: path)
        defer { try? database.close() }
        return try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    }

    /// A closed log of A 1, 2, 5, 6 and B 1, then A 3, 4 late, then B 2.
    private func lateLog(_ folder: TemporaryFolder) async throws {
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        for time in [1.0, 2, 5, 6] { try await log.append([try update("A", time)]) }
        try await log.append([try update("B", 1)])
        try await log.append([try update("A", 3), try update("A", 4)])
        try await log.append([try update("B", 2)])
        await log.close()
    }

    @Test(
        "Whatever the order, batches and restarts, all are loaded with each source ascending",
        arguments: UInt64(0)..<100)
    func anyOrder(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let folder = try TemporaryFolder()
        var log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        var first: [Stamp: Update] = [:]
        for round in 0..<40 {
            var batch: [Update] = []
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                // Mostly ascending, some far back, some known already.
                let time = Double(round + Int.random(in: -20...2, using: &generator))
                let writer = ["A", "B", "\u{E9}"].randomElement(using: &generator) ?? "A"
                let payload = "\(Int.random(in: 0...9, using: &generator))"
                batch.append(try update(writer, max(time, 0.5), payload))
            }
            for update in batch where first[update.stamp] == nil { first[update.stamp] = update }
            try await log.append(batch)
            if round % 13 == 12 {
                await log.close()
                log = try SQLiteStorage.open(folder.path(), mode: .existing)
            }
        }
        let expected = Dictionary(
            grouping: first.values.sorted { $0.stamp < $1.stamp }, by: \.source)
        #expect(Dictionary(grouping: try await everything(in: log), by: \.source) == expected)
        let (stored, cursor) = try await log.updates(after: .start, limit: .max)
        #expect(stored.count == first.count && cursor.place == Int64(first.count))
        #expect(Set(stored.map(\.stamp)) == Set(first.keys))
        await log.close()
        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        #expect(Dictionary(grouping: try await everything(in: reader), by: \.source) == expected)
        await reader.close()
    }

    @Test("A log becomes version 2 with the first of them, and not before")
    func versions() async throws {
        let folder = try TemporaryFolder()
        var log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await log.append([try update("A", 2), try update("A", 2)])
        await log.close()
        #expect(try version(folder.path()) == 1)
        log = try SQLiteStorage.open(folder.path(), mode: .existing)
        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        #expect(try await everything(in: reader).count == 1)
        try await log.append([try update("A", 1), try update("A", 3)])
        #expect(try await everything(in: reader).map(\.timestamp.value) == [1, 2, 3])
        await reader.close()
        await log.close()
        #expect(try version(folder.path()) == 2)
    }

    @Test("A reader that follows a log gets them in storage order")
    func follow() async throws {
        let folder = try TemporaryFolder()
        try await lateLog(folder)
        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        for limit in 1...9 {
            var cursor = SQLiteStorage.Cursor.start
            var times: [Double] = []
            while true {
                let (updates, next) = try await reader.updates(after: cursor, limit: limit)
                if updates.isEmpty { break }
                cursor = next
                times += updates.map(\.timestamp.value)
            }
            #expect(times == [1, 2, 5, 6, 1, 3, 4, 2])
        }
        let loaded = try await everything(in: reader)
        #expect(loaded.map(\.timestamp.value) == [1, 2, 3, 4, 5, 6, 1, 2])
        await reader.close()
    }

    @Test("A failed transaction stores none of them, and the next one works")
    func failure() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await log.append([try update("A", 5)])
        let database = log.currentDatabase
        func limitPages(_ count: Int) async throws {
            try await database.writeWithoutTransaction { database in
                _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(count)")
            }
        }
        try await limitPages(12)
        let large = String(repeating: "x", count: 50_000)
        for _ in 0..<2 {
            await expectFailure(.writeFailed) {
                try await log.append([try update("A", 1), try update("A", 2, large)])
            }
            #expect(try await everything(in: log) == [try update("A", 5)])
        }
        try await limitPages(1_000_000)
        try await log.append([try update("A", 2), try update("A", 1), try update("A", 6)])
        await log.close()
        let again = try SQLiteStorage.open(folder.path(), mode: .existing)
        #expect(try await everything(in: again).map(\.timestamp.value) == [1, 2, 5, 6])
        await again.close()
    }

    @Test(
        "Damage to them, or that looks like them, makes loading fail",
        arguments: [
            "DELETE FROM late", "DELETE FROM late WHERE place = 7",
            "INSERT INTO late VALUES (1)", "INSERT INTO late VALUES (8)",
            "INSERT INTO late VALUES (9)", "INSERT INTO late VALUES (-1)",
            "DELETE FROM updates WHERE place = 7", "DELETE FROM updates WHERE place >= 6",
            "DELETE FROM updates WHERE place >= 6; DELETE FROM late WHERE place = 7",
            "UPDATE updates SET timestamp = 2.5 WHERE place = 7",
            "UPDATE updates SET payload = x'00' WHERE place = 6",
            // One row in the place of another, with its checksum: a page that was written twice.
            "REPLACE INTO updates SELECT 7, source, timestamp, payload, tail, checksum "
                + "FROM updates WHERE place = 6",
            "REPLACE INTO updates SELECT 7, source, timestamp, payload, tail, checksum "
                + "FROM updates WHERE place = 2",
            "REPLACE INTO updates SELECT 7, source, timestamp, payload, tail, checksum "
                + "FROM updates WHERE place = 5",
            "REPLACE INTO updates SELECT 4, source, timestamp, payload, tail, checksum "
                + "FROM updates WHERE place = 6",
            "UPDATE updates SET place = -1 WHERE place = 2; "
                + "UPDATE updates SET place = 2 WHERE place = 3; "
                + "UPDATE updates SET place = 3 WHERE place = -1",
            "UPDATE sources SET newest = 4", "PRAGMA user_version = 1", "DROP TABLE late",
        ])
    func damage(sql: String) async throws {
        let folder = try TemporaryFolder()
        try await lateLog(folder)
        let database = try DatabaseQueue(path: folder.path())
        try await database.writeWithoutTransaction { try $0.execute(sql: sql) }
        try database.close()
        for mode in [SQLiteStorage.Mode.existing, .readOnly] {
            await expectFailure(.foreignOrCorrupt) {
                let log = try SQLiteStorage.open(folder.path(), mode: mode)
                do { _ = try await everything(in: log) } catch {
                    await log.close()
                    throw error
                }
                await log.close()
            }
        }
    }
}
