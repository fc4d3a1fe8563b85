// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import TestSupport
import Testing

@Suite("Opening a log file", .timeLimit(.minutes(20)))
struct OpeningTests {
    static let modes: [SQLiteStorage.Mode] = [.existing, .createIfMissing, .readOnly]

    /// A sound log with 2,000 updates, closed.
    private func soundLog(_ folder: TemporaryFolder) async throws -> [UInt8] {
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        let text = "\"" + String(repeating: "x", count: 198) + "\""
        try await log.append(try (1...2_000).map { try update("A", Double($0), text) })
        await log.close()
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path())))
    }

    @Test("A missing file is unreadable and is not created, unless it may be")
    func missing() async throws {
        let folder = try TemporaryFolder()
        for mode in [SQLiteStorage.Mode.existing, .readOnly] {
            await expectFailure(.unreadable) { try SQLiteStorage.open(folder.path(), mode: mode) }
        }
        #expect(try folder.content.isEmpty)
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        await log.close()
        #expect(try Array(folder.content.keys) == ["log.sqlite"])
    }

    @Test(
        "A missing directory, and a directory instead of the file, are unreadable", arguments: modes
    )
    func folders(mode: SQLiteStorage.Mode) async throws {
        let folder = try TemporaryFolder()
        await expectFailure(.unreadable) {
            try SQLiteStorage.open(folder.path("none/log.sqlite"), mode: mode)
        }
        await expectFailure(.unreadable) { try SQLiteStorage.open(folder.url.path, mode: mode) }
        #expect(try folder.content.isEmpty)
    }

    @Test("An empty file is foreign, unless it may become a log")
    func empty() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([])
        for mode in [SQLiteStorage.Mode.existing, .readOnly] {
            await expectFailure(.foreignOrCorrupt) { try SQLiteStorage.open(path, mode: mode) }
        }
        #expect(try folder.content == ["log.sqlite": Data()])
        let log = try SQLiteStorage.open(path, mode: .createIfMissing)
        try await log.append([try update("A", 1)])
        await log.close()
        #expect(try StoreFile.kind(of: path) == .store)
    }

    @Test("A foreign file gives one clear line and is not changed", arguments: modes)
    func foreign(mode: SQLiteStorage.Mode) async throws {
        let folder = try TemporaryFolder()
        let database = try DatabaseQueue(path: folder.path("other"))
        try await database.write { try $0.execute(sql: "CREATE TABLE a (b)") }
        try database.close()
        let other = [UInt8](try Data(contentsOf: folder.url.appending(path: "other")))
        try FileManager.default.removeItem(atPath: folder.path("other"))
        for bytes in [
            Array("[[1,2,\"A\"]]\n".utf8), other, Array("SQLite format 3".utf8),
            Array(other[..<60]), [0x1F, 0x8B, 0, 0, 0],
        ] {
            let path = try folder.write(bytes)
            let message = await expectFailure(.foreignOrCorrupt) {
                try SQLiteStorage.open(path, mode: mode)
            }
            #expect(message.contains(path))
            #expect(try folder.content == ["log.sqlite": Data(bytes)])
        }
    }

    @Test("A truncated or torn log gives one clear line and is not changed", arguments: modes)
    func truncated(mode: SQLiteStorage.Mode) async throws {
        let folder = try TemporaryFolder()
        let sound = try await soundLog(folder)
        var torn: [[UInt8]] = [60, 100, 4_096, 10_000, sound.count - 4_096].map {
            Array(sound[..<$0])
        }
        var schema = sound
        for index in 100..<4_096 { schema[index] ^= 0xA5 }
        torn.append(schema)
        for bytes in torn {
            let path = try folder.write(bytes)
            await expectFailure(.foreignOrCorrupt) { try SQLiteStorage.open(path, mode: mode) }
            #expect(try folder.content == ["log.sqlite": Data(bytes)])
        }
    }

    @Test("A log of a newer version is distinguished from a damaged one", arguments: modes)
    func newer(mode: SQLiteStorage.Mode) async throws {
        let folder = try TemporaryFolder()
        var bytes = try await soundLog(folder)
        bytes[63] = 5
        let path = try folder.write(bytes)
        await expectFailure(.tooNew) { try SQLiteStorage.open(path, mode: mode) }
        #expect(try folder.content == ["log.sqlite": Data(bytes)])
    }

    @Test("Damage in the middle makes loading fail", arguments: UInt64(0)..<60)
    func damage(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let sound = try await soundLog(folder)
        var bytes = sound
        // Behind the first pages, which opening looks at, and never in a free byte alone.
        var random = SplitMix64(seed: seed)
        for _ in 0..<64 {
            let place = 6 * 4_096 + random.below(sound.count - 6 * 4_096)
            bytes[place] ^= UInt8(truncatingIfNeeded: random.next()) | 1
        }
        let path = try folder.write(bytes)
        for mode in Self.modes {
            await expectFailure(.foreignOrCorrupt) {
                let log = try SQLiteStorage.open(path, mode: mode)
                do { _ = try await everything(in: log) } catch {
                    await log.close()
                    throw error
                }
                await log.close()
            }
            #expect(try folder.content == ["log.sqlite": Data(bytes)])
        }
    }

    @Test("A write-ahead log whose file is missing is not overwritten")
    func orphan() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write([1, 2, 3], to: "log.sqlite-wal")
        await expectFailure(.foreignOrCorrupt) {
            try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        }
        #expect(try folder.content == ["log.sqlite-wal": Data([1, 2, 3])])
    }

    @Test("A log that is not in write-ahead mode gets into it")
    func otherJournal() async throws {
        let folder = try TemporaryFolder()
        _ = try await soundLog(folder)
        let database = try DatabaseQueue(path: folder.path())
        try await database.writeWithoutTransaction { database in
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
        }
        try database.close()
        let log = try SQLiteStorage.open(folder.path(), mode: .existing)
        try await log.append([try update("B", 1)])
        #expect(try folder.content.keys.contains("log.sqlite-wal"))
        #expect(try await everything(in: log).count == 2_001)
        await log.close()
    }

    @Test("The kind of a file is determined by its contents")
    func kinds() async throws {
        let folder = try TemporaryFolder()
        _ = try await soundLog(folder)
        #expect(try StoreFile.kind(of: folder.path()) == .store)
        for (text, kind): (String, StoreFile.Kind) in [
            ("", .empty), ("[1,2,\"A\"]\n", .lines), ("{\"id\":\"A\"}\r\n\u{E9}", .lines),
            ("SQLite format 3", .foreign), ("\u{0}", .foreign),
        ] {
            let path = try folder.write(Array(text.utf8), to: "other")
            #expect(try StoreFile.kind(of: path) == kind, "\(text)")
        }
        await expectFailure(.unreadable) { try StoreFile.kind(of: folder.path("none")) }
        await expectFailure(.unreadable) { try StoreFile.kind(of: folder.url.path) }
    }
}
