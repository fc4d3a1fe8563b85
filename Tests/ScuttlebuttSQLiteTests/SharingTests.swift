// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Testing

@Suite("One writer and many readers of a log file", .timeLimit(.minutes(20)))
struct SharingTests {
    @Test("A second writer is refused while the first is open, whatever path it uses")
    func oneWriter() async throws {
        let folder = try TemporaryFolder()
        let first = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path())
        for path in [folder.path(), folder.path("link")] {
            for mode in [SQLiteStorage.Mode.existing, .createIfMissing] {
                await expectFailure(.inUse) { try SQLiteStorage.open(path, mode: mode) }
            }
        }
        try await first.append([try update("A", 1)])
        await first.close()
        let second = try SQLiteStorage.open(folder.path("link"), mode: .existing)
        #expect(try await everything(in: second) == [try update("A", 1)])
        await second.close()
    }

    @Test("A file with a second name is opened for writing under neither, and is read under both")
    func hardLink() async throws {
        let folder = try TemporaryFolder()
        let first = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await first.append([try update("A", 1)])
        await first.close()
        let names = [folder.path(), folder.path("other")]
        try FileManager.default.linkItem(atPath: names[0], toPath: names[1])
        for name in names {
            for mode in [SQLiteStorage.Mode.existing, .createIfMissing] {
                await expectFailure(.inUse) { try SQLiteStorage.open(name, mode: mode) }
            }
            let reader = try SQLiteStorage.open(name, mode: .readOnly)
            #expect(try await everything(in: reader) == [try update("A", 1)])
            await reader.close()
        }
        try FileManager.default.removeItem(atPath: names[0])
        let second = try SQLiteStorage.open(names[1], mode: .existing)
        await second.close()
    }

    @Test("A reader follows a live log by its cursor")
    func follow() async throws {
        let folder = try TemporaryFolder()
        let writer = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await writer.append([try update("A", 1), try update("B", 1)])
        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        var (found, cursor) = try await reader.updates(after: .start, limit: 1)
        #expect(found == [try update("A", 1)])
        (found, cursor) = try await reader.updates(after: cursor)
        #expect(found == [try update("B", 1)])
        (found, cursor) = try await reader.updates(after: cursor)
        #expect(found.isEmpty)
        try await writer.append([try update("C", 1)])
        (found, cursor) = try await reader.updates(after: cursor)
        #expect(found == [try update("C", 1)])
        #expect(cursor.place == 3)
        await expectFailure(.writeFailed) { try await reader.append([try update("D", 1)]) }
        await reader.close()
        await writer.close()
        #expect(try Array(folder.content.keys) == ["log.sqlite"])
    }

    @Test("A reader of an idle log creates no files, and notices when writing begins")
    func restingLog() async throws {
        let folder = try TemporaryFolder()
        var writer = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await writer.append([try update("A", 1)])
        await writer.close()

        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        var (found, cursor) = try await reader.updates(after: .start)
        #expect(found.count == 1)
        #expect(try Array(folder.content.keys) == ["log.sqlite"])

        writer = try SQLiteStorage.open(folder.path(), mode: .existing)
        try await writer.append([try update("B", 1)])
        (found, cursor) = try await reader.updates(after: cursor)
        #expect(found == [try update("B", 1)])
        await reader.close()
        await writer.close()

        let late = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        writer = try SQLiteStorage.open(folder.path(), mode: .existing)
        try await writer.append([try update("C", 1)])
        await writer.close()
        (found, cursor) = try await late.updates(after: cursor)
        #expect(found == [try update("C", 1)])
        await late.close()
    }

    @Test("A reader sees the log's source but cannot set it")
    func readersSource() async throws {
        let folder = try TemporaryFolder()
        let (a, b) = (try #require(Source("A")), try #require(Source("B")))
        let writer = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        await expectFailure(.writeFailed) { try await reader.source(proposing: b) }
        #expect(try await writer.source(proposing: a) == a)
        #expect(try await reader.source(proposing: b) == a)
        await reader.close()
        await writer.close()
    }
}
