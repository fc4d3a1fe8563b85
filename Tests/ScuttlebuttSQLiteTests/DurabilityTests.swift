// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime
import Testing

@testable import ScuttlebuttSQLite

#if canImport(Glibc)
    import Glibc
#endif

@Suite("What survives", .timeLimit(.minutes(20)))
struct DurabilityTests {
    @Test(
        "G19: a copy of the files of an open log contains everything acknowledged")
    func copyOfOpenLog() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        for time in 1...300 {
            try await log.append([try update("A", Double(time))])
            guard time % 60 == 0 else { continue }
            for suffix in ["", "-wal"] {
                try? FileManager.default.removeItem(atPath: folder.path("copy") + suffix)
                try FileManager.default.copyItem(
                    atPath: folder.path() + suffix, toPath: folder.path("copy") + suffix)
            }
            let copy = try SQLiteStorage.open(folder.path("copy"), mode: .existing)
            #expect(try await everything(in: copy).count == time)
            await copy.close()
        }
        await log.close()
    }

    @Test("G19: a process killed while it appends loses nothing that was acknowledged")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let path: String = folder.path()
        let acknowledgements: String = folder.path("acknowledged")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, acknowledgements = acknowledgements as String] in
            try await appendUntilKilled(path, acknowledgements)
        }
        let log = try SQLiteStorage.open(path, mode: .existing)
        let stored = Set(
            try await everything(in: log).map { "\($0.source) \(Int($0.timestamp.value))" })
        let text = try String(contentsOfFile: acknowledgements, encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.count >= 1_990)
        #expect(lines.filter { !stored.contains($0) }.isEmpty)
        try await log.append([try update("0", 5_000)])
        await log.close()
    }

    @Test("A full disk fails the append, keeps what was stored, and later appends work")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await log.append([try update("A", 1)])
        let database = log.currentDatabase
        func limitPages(_ count: Int) async throws {
            try await database.writeWithoutTransaction { database in
                _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(count)")
            }
        }
        try await limitPages(12)
        let large = String(repeating: "x", count: 50_000)
        let message = await expectFailure(.writeFailed) {
            try await log.append([try update("A", 2, large), try update("B", 1, large)])
        }
        #expect(message.contains("full"))
        #expect(try await everything(in: log) == [try update("A", 1)])
        try await limitPages(1_000_000)
        try await log.append([try update("A", 2), try update("B", 1)])
        await log.close()
        let again = try SQLiteStorage.open(folder.path(), mode: .existing)
        let expected = [try update("A", 1), try update("A", 2), try update("B", 1)]
        #expect(try await everything(in: again) == expected)
        await again.close()
    }

    @Test(
        "An append to a file that was moved away fails, and works when it is back",
        arguments: ["", "-wal"])
    func moved(suffix: String) async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await log.append([try update("A", 1)])
        let (file, away) = (folder.path() + suffix, folder.path("away"))
        try FileManager.default.moveItem(atPath: file, toPath: away)
        for _ in 0..<2 {
            let message = await expectFailure(.writeFailed) {
                try await log.append([try update("A", 2)])
            }
            #expect(message.contains("moved or deleted"), "\(message)")
        }
        try FileManager.default.moveItem(atPath: away, toPath: file)
        try await log.append([try update("A", 2)])
        try await log.append([try update("A", 3)])
        await log.close()
        let again = try SQLiteStorage.open(folder.path(), mode: .existing)
        #expect(try await everything(in: again).count == 3)
        await again.close()
    }

    @Test("Appends in one order are stored in that order, however they share transactions")
    func order() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        // Larger than a transaction, so that the cuts between transactions are inside calls.
        let sizes = [1, 9_999, 25_000, 0, 3]
        var time = 0.0
        var expected: [Update] = []
        for size in sizes {
            var call: [Update] = []
            for _ in 0..<size {
                time += 1
                call.append(try update("A", time))
            }
            expected += call
            try await log.append(call)
        }
        let (found, cursor) = try await log.updates(after: SQLiteStorage.Cursor(place: 0), limit: 9)
        #expect(found == Array(expected.prefix(9)) && cursor.place == 9)
        #expect(try await everything(in: log) == expected)
        await log.close()
    }
}

/// Appends from eight tasks, notes each acknowledgement, and kills its own process amid them.
private func appendUntilKilled(_ path: String, _ acknowledgements: String) async throws {
    let log = try SQLiteStorage.open(path, mode: .createIfMissing)
    let file = open(acknowledgements, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    let acknowledged = Collected<Int>()
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
            group.addTask {
                for time in 1...1_000 {
                    try await log.append([try update("\(writer)", Double(time))])
                    let line = Array("\(writer) \(time)\n".utf8)
                    _ = write(file, line, line.count)
                    acknowledged.append(time)
                    if acknowledged.values.count >= 2_000 { kill(getpid(), SIGKILL) }
                }
            }
        }
        try await group.waitForAll()
    }
}
