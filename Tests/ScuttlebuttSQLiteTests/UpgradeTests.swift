// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttSQLite

@Suite("Stores of older versions", .timeLimit(.minutes(20)))
struct UpgradeTests {
    private func version(_ path: String) throws -> Int? {
        let database = try DatabaseQueue(path: path)
        defer { try? database.close() }
        return try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    }

    /// Makes a log of version 1, or of version 2 with late updates.
    private func oldLog(_ folder: TemporaryFolder, isLate: Bool) async throws -> [Update] {
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        var updates = try [("A", 1.0), ("B", 1), ("A", 5), ("C", 3)].map { try update($0.0, $0.1) }
        try await log.append(updates)
        if isLate {
            updates.append(try update("A", 2))
            try await log.append([updates[4]])
        }
        await log.close()
        #expect(try version(folder.path()) == (isLate ? 2 : 1))
        return updates.sorted { $0.stamp < $1.stamp }
    }

    @Test(
        "An older log is upgraded once, keeps everything, and counts on", arguments: [false, true])
    func upgrades(isLate: Bool) async throws {
        let folder = try TemporaryFolder()
        var expected = try await oldLog(folder, isLate: isLate)
        var log = try SQLiteStorage.open(folder.path(), mode: .existing)
        #expect(try await log.summary().count == expected.count)
        #expect(try await log.updates(after: nil, limit: .unlimited) == expected)
        // What is stored from now on is counted, and late updates are still told apart.
        let more = try [update("A", 4), update("D", 9), update("B", 8)]
        try await log.append(more)
        expected = (expected + more).sorted { $0.stamp < $1.stamp }
        for _ in 0..<2 {
            #expect(try await log.summary().count == expected.count)
            #expect(try await log.updates(after: nil, limit: .unlimited) == expected)
            #expect(Set(try await everything(in: log)) == Set(expected))
            await log.close()
            #expect(try version(folder.path()) == 3)
            log = try SQLiteStorage.open(folder.path(), mode: .existing)
        }
        await log.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }

    @Test("An older log that is opened for reading only stays as it is", arguments: [false, true])
    func staysAsItIs(isLate: Bool) async throws {
        let folder = try TemporaryFolder()
        let expected = try await oldLog(folder, isLate: isLate)
        let before = try folder.content
        let log = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        #expect(try await !log.canBeReadInPart())
        await expectFailure(.writeFailed) { try await log.summary() }
        #expect(Set(try await everything(in: log)) == Set(expected))
        await log.close()
        #expect(try folder.content == before)
    }

    @Test("An upgrade that fails leaves the older log, which still takes updates")
    func failingUpgrade() async throws {
        let folder = try TemporaryFolder()
        let expected = try await oldLog(folder, isLate: false)
        let log = try SQLiteStorage.open(folder.path(), mode: .existing)
        let pages = try await log.currentDatabase.write { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages)")
            return pages
        }
        await expectFailure(.writeFailed) { try await log.summary() }
        try await log.currentDatabase.write { database in
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 100)")
        }
        try await log.append([try update("D", 9)])
        #expect(Set(try await everything(in: log)) == Set(expected + [try update("D", 9)]))
        #expect(try await log.summary().count == 5)
        await log.close()
    }

    @Test("A part of a checkpoint that is missing or changed is noticed when it is read")
    func damagedCheckpoint() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        _ = try await log.summary()
        try await log.append((1...9).map { try update("A", Double($0)) })
        let state = [UInt8](repeating: 5, count: 600_000)
        let stamp = try update("A", 5).stamp
        var checkpoint = StoredCheckpoint(
            stamp: stamp, count: 5, vector: VersionVector(),
            reducerVersion: "1", stateHash: [1], logHash: [2], stateByteCount: state.count)
        #expect(try await log.file(checkpoint, state: state, since: log.mark()))
        try await log.currentDatabase.write { database in
            try database.execute(sql: "DELETE FROM parts WHERE part = 1")
        }
        await expectFailure(.foreignOrCorrupt) { try await log.state(of: checkpoint) }
        // Another one beside it, whose description is changed afterwards, is left out.
        checkpoint.stamp = try update("A", 7).stamp
        #expect(try await log.file(checkpoint, state: state, since: log.mark()))
        #expect(try await log.checkpoints().count == 2)
        try await log.currentDatabase.write { database in
            try database.execute(sql: "UPDATE checkpoints SET count = 4 WHERE timestamp = 7")
        }
        #expect(try await log.checkpoints().map(\.stamp) == [stamp])
        await log.close()
    }
}
