// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import TestSupport
import Testing

@Suite("Backups of a store", .timeLimit(.minutes(20)))
struct BackupTests {
    @Test(
        "A backup of a store that is being written has everything that was durable before",
        arguments: [false, true])
    func whileWriting(isTiered: Bool) async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        let own = try #require(Source("ME"))
        _ = try await log.source(proposing: own)
        if isTiered { _ = try await log.summary() }
        try await log.append((1...5_000).map { try update("A", Double($0), "[\($0)]") })
        let writing = Task {
            for time in 5_001...5_400 { try await log.append([try update("A", Double(time))]) }
        }
        for round in 0..<5 {
            let target = folder.path("backup-\(round).sqlite")
            let count = try SQLiteStorage.backUp(folder.path(), to: target)
            #expect((5_000...5_400).contains(count))
            let copy = try SQLiteStorage.open(target, mode: .existing)
            let found = try await everything(in: copy)
            #expect(found.count == count)
            #expect(found.map(\.timestamp.value) == (1...count).map(Double.init))
            #expect(try await copy.source(proposing: try #require(Source("OTHER"))) == own)
            try await copy.append([try update("A", 9_999)])
            await copy.close()
        }
        try await writing.value
        await log.close()
        let names = try folder.content.keys.sorted()
        #expect(names == (0..<5).map { "backup-\($0).sqlite" } + ["log.sqlite"])
    }

    @Test("A backup never takes the place of a store that has a log of its own")
    func besideALog() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await log.append([try update("A", 1)])
        let other = try SQLiteStorage.open(folder.path("other.sqlite"), mode: .createIfMissing)
        try await other.append([try update("B", 7)])
        await expectFailure(.inUse) {
            try SQLiteStorage.backUp(folder.path(), to: folder.path("other.sqlite"))
        }
        #expect(try await everything(in: other) == [try update("B", 7)])
        await other.close()
        await log.close()
    }

    @Test("A store that is no store, and a place that cannot be written, leave nothing behind")
    func failures() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Array("no store at all".utf8))
        await expectFailure(.foreignOrCorrupt) {
            try SQLiteStorage.backUp(path, to: folder.path("copy"))
        }
        let log = try SQLiteStorage.open(folder.path("good.sqlite"), mode: .createIfMissing)
        try await log.append([try update("A", 1)])
        await log.close()
        #expect(throws: StorageError.self) {
            try SQLiteStorage.backUp(
                folder.path("good.sqlite"), to: folder.path("missing/copy.sqlite"))
        }
        #expect(try Set(folder.content.keys) == ["log.sqlite", "good.sqlite"])
    }
}
