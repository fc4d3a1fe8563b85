// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttSQLite

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Copies of a log file", .timeLimit(.minutes(20)))
struct CopyTests {
    /// Appends two updates, the second one after the file has been marked as open.
    private func appendTwo(_ log: SQLiteStorage) async throws {
        try await log.append([try update("A", 1)])
        try await log.append([try update("A", 2)])
    }

    private func copy(_ folder: TemporaryFolder, withLog: Bool = false) throws -> String {
        let copy = folder.path("copy")
        for suffix in withLog ? ["", "-wal"] : [""] {
            try? FileManager.default.removeItem(atPath: copy + suffix)
            try FileManager.default.copyItem(atPath: folder.path() + suffix, toPath: copy + suffix)
        }
        return copy
    }

    @Test("A copy of an open log without its -wal can be read, but not written")
    func withoutLog() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await appendTwo(log)
        let copy = try copy(folder)
        #expect(try StoreFile.isIncomplete(copy))
        for mode in [SQLiteStorage.Mode.existing, .createIfMissing] {
            let message = await expectFailure(.incomplete) {
                try SQLiteStorage.open(copy, mode: mode)
            }
            #expect(message.contains("-wal"))
        }
        let reader = try SQLiteStorage.open(copy, mode: .readOnly)
        #expect(try await everything(in: reader).count < 2)
        await reader.close()
        #expect(try !folder.content.keys.contains { $0.hasPrefix("copy-") })
        await log.close()
    }

    @Test("A copy with its -wal is complete, and so is a copy of a closed log")
    func complete() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await appendTwo(log)
        for isOpen in [true, false] {
            if !isOpen { await log.close() }
            let copy = try copy(folder, withLog: isOpen)
            #expect(try !StoreFile.isIncomplete(copy))
            let opened = try SQLiteStorage.open(copy, mode: .existing)
            #expect(try await everything(in: opened).count == 2)
            await opened.close()
        }
    }

    @Test("A copy that SQLite made of an open log is complete")
    func copiedBySQLite() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await appendTwo(log)
        let source = try DatabaseQueue(path: folder.path())
        let target = try DatabaseQueue(path: folder.path("backup"))
        try source.backup(to: target)
        try target.close()
        let vacuumed = folder.path("vacuumed")
        try await source.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [vacuumed])
        }
        try source.close()
        for name in ["backup", "vacuumed"] {
            #expect(try !StoreFile.isIncomplete(folder.path(name)), "\(name)")
            let copy = try SQLiteStorage.open(folder.path(name), mode: .existing)
            #expect(try await everything(in: copy).count == 2)
            await copy.close()
        }
        await log.close()
    }

    @Test("A log whose -wal another program merged after a crash is complete")
    func mergedByAnother() async throws {
        let folder = try TemporaryFolder()
        let path: String = folder.path()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let log = try SQLiteStorage.open(path, mode: .createIfMissing)
            for time in 1...3 { try await log.append([try update("A", Double(time))]) }
            kill(getpid(), SIGKILL)
        }
        let other = try DatabaseQueue(path: path)
        _ = try await other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM updates") }
        try other.close()
        #expect(try !folder.content.keys.contains("log.sqlite-wal"))
        #expect(try !StoreFile.isIncomplete(path))
        let log = try SQLiteStorage.open(path, mode: .existing)
        #expect(try await everything(in: log).count == 3)
        await log.close()
    }

    @Test("After a pause the file alone has everything, and still says that it is open")
    func idle() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing, pause: {})
        try await appendTwo(log)
        // Older than the newest: the first one changes the schema.
        try await log.append([try update("B", 5), try update("B", 3)])
        let found: [Update] = try await until("the file has all updates") {
            // A copy that is made while the log is being merged may be torn.
            let copy = try copy(folder)
            guard let reader = try? SQLiteStorage.open(copy, mode: .readOnly) else { return nil }
            let found = try? await everything(in: reader)
            await reader.close()
            return found?.count == 4 ? found : nil
        }
        #expect(found.count == 4)
        #expect(try StoreFile.isIncomplete(folder.path("copy")))
        await log.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite", "copy"])
        #expect(try !StoreFile.isIncomplete(folder.path()))
    }

    @Test("A closed log is whole and unmarked even if a reader still has it open")
    func closedBesideReader() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await appendTwo(log)
        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        #expect(try await everything(in: reader).count == 2)
        try await log.append([try update("A", 3)])
        await log.close()
        let copy = try copy(folder)
        #expect(try !StoreFile.isIncomplete(copy))
        let opened = try SQLiteStorage.open(copy, mode: .existing)
        #expect(try await everything(in: opened).count == 3)
        await opened.close()
        #expect(try await everything(in: reader).count == 3)
        await reader.close()
    }

    @Test("Opening for writing changes nothing until something is written")
    func unwritten() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await appendTwo(log)
        await log.close()
        let before = try folder.content
        let again = try SQLiteStorage.open(folder.path(), mode: .existing)
        await again.close()
        #expect(try folder.content == before)
    }

    @Test("A log that was dropped without being closed can be opened at once")
    func dropped() async throws {
        let folder = try TemporaryFolder()
        do {
            let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
            try await appendTwo(log)
        }
        let again = try await until("the lock is free") {
            try? SQLiteStorage.open(folder.path(), mode: .existing)
        }
        #expect(try await everything(in: again).count == 2)
        await again.close()
    }

    @Test(
        "A copy with its -wal can be read in a folder that nobody may write",
        .enabled(if: geteuid() != 0, "root may write anywhere"))
    func unwritableFolder() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await appendTwo(log)
        let place = folder.url.appending(path: "archive")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
        for suffix in ["", "-wal"] {
            let name = place.appending(path: "log.sqlite").path + suffix
            try FileManager.default.copyItem(atPath: folder.path() + suffix, toPath: name)
            chmod(name, 0o444)
        }
        await log.close()
        chmod(place.path, 0o555)
        defer { chmod(place.path, 0o755) }
        let path = place.appending(path: "log.sqlite").path
        let reader = try SQLiteStorage.open(path, mode: .readOnly)
        #expect(try await everything(in: reader).count == 2)
        await reader.close()
        let message = await expectFailure(.unreadable) {
            try SQLiteStorage.open(path, mode: .existing)
        }
        #expect(message.contains("no permission to create files in the folder"), "\(message)")
    }
}
