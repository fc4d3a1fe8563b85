// SPDX-License-Identifier: MIT

import Foundation
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

    /// `Stores/version-N.gz` was written by the code of that version and never changes: A 1, 5 and
    /// B 2^53 − 1, é 2.5, one with a tail; from version 2 on A 3 came late, version 3 has a
    /// checkpoint there, and version 4 was shared by ME and WIDGET.
    @Test(
        "A file of every version ever written opens, is upgraded, and lacks nothing",
        arguments: 1...4)
    func everyVersion(number: Int) async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixtures.root.appending(
            path: "Tests/ScuttlebuttSQLiteTests/Stores/version-\(number).gz")
        let path = try folder.write(try await Gzip.unpacked(fixture.path))
        #expect(try version(path) == number)
        let stamps = [1.0, 2.5] + (number > 1 ? [3] : []) + [5, 9_007_199_254_740_991]
        for mode in [SQLiteStorage.Mode.readOnly, .existing, .shared] {
            let log = try SQLiteStorage.open(path, mode: mode)
            let found = try await everything(in: log)
            #expect(found.map(\.timestamp.value).sorted() == stamps)
            #expect(
                found.first { $0.timestamp.value == 5 }?.tail
                    == Array(",5,\"A\",\"signature\"]".utf8))
            #expect(try await log.source(proposing: try #require(Source("X"))) == Source("ME"))
            #expect(try await log.refusals().count == 1)
            if mode != .readOnly {
                #expect(try await log.summary().count == stamps.count)
                let ordered = try await log.updates(after: nil, limit: .unlimited)
                #expect(ordered.map(\.timestamp.value) == stamps)
                let checkpoints = try await log.checkpoints()
                #expect(checkpoints.map(\.stamp.timestamp.value) == (number >= 3 ? [3] : []))
                for checkpoint in checkpoints {
                    #expect(try await log.state(of: checkpoint) == [1, 2, 3])
                    #expect(checkpoint.unknown.count == 1 && checkpoint.reducerVersion == "1")
                }
            }
            if mode == .shared {
                let other = try SQLiteStorage.open(path, mode: .shared)
                let source = try await other.source(proposing: try #require(Source("NEW")))
                #expect(source == Source(number == 4 ? "WIDGET" : "NEW"))
                await other.close()
            }
            await log.close()
        }
        #expect(try version(path) == 4)
    }
}
