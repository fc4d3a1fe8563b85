// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Testing

@testable import ScuttlebuttSQLite

@Suite("A store that several processes share", .timeLimit(.minutes(20)))
struct SharedStoreTests {
    private func shared(_ folder: TemporaryFolder) throws -> SQLiteStorage {
        try SQLiteStorage.open(folder.path(), mode: .shared)
    }

    /// Opens a store as a program does: it reads what is there, and takes its source.
    private func begin(_ folder: TemporaryFolder) async throws -> (SQLiteStorage, Source) {
        let storage = try shared(folder)
        _ = try await storage.summary()
        var generator = SystemRandomNumberGenerator()
        return (storage, try await storage.source(proposing: .random(using: &generator)))
    }

    private func beginMortal(_ folder: TemporaryFolder) async throws -> (MortalStorage, Source) {
        let (storage, source) = try await begin(folder)
        return (MortalStorage(storage), source)
    }

    @Test("What one stores the other is told once, in the order of storing, and not what it stored")
    func tells() async throws {
        let folder = try TemporaryFolder()
        let (one, _) = try await begin(folder)
        try await one.append([try update("A", 1)])
        let (two, _) = try await begin(folder)
        try await one.append([try update("A", 2), try update("B", 1)])
        try await two.append([try update("C", 1), try update("A", 2)])
        try await one.append([try update("A", 3)])
        try await two.append([try update("C", 2)])
        let first = try await two.nextOfOthers(limit: 1)
        #expect(first == StoredByOthers(updates: [try update("A", 2)]))
        let rest = try await two.nextOfOthers(limit: 10)
        #expect(rest.updates == [try update("B", 1)])
        #expect(try await two.nextOfOthers(limit: 10).updates == [try update("A", 3)])
        #expect(try await two.nextOfOthers(limit: 10).isEmpty)
        #expect(try await one.nextOfOthers(limit: 10).updates == [try update("C", 1)])
        #expect(try await one.nextOfOthers(limit: 10).updates == [try update("C", 2)])
        #expect(try await one.nextOfOthers(limit: 10).isEmpty)
        await one.close()
        await two.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }

    @Test("An update that is stored behind newer ones of its source is told as late")
    func late() async throws {
        let folder = try TemporaryFolder()
        let (one, _) = try await begin(folder)
        let (two, _) = try await begin(folder)
        try await one.append([try update("A", 1), try update("A", 5)])
        try await two.append([try update("A", 3), try update("A", 5), try update("A", 7)])
        try await one.append([try update("A", 6), try update("A", 3), try update("A", 8)])
        let told = try await one.nextOfOthers(limit: 10)
        #expect(told.late == [try update("A", 3)])
        #expect(told.updates == [try update("A", 7)])
        _ = try await two.nextOfOthers(limit: 10)
        #expect(try await two.nextOfOthers(limit: 10).late == [try update("A", 6)])
        let expected = try [1.0, 3, 5, 6, 7, 8].map { try update("A", $0) }
        #expect(try await everything(in: two) == expected)
        #expect(try await two.summary().count == 6)
        await one.close()
        await two.close()
    }

    private static let never = ChangeNotes.Period(withPipe: .never, withoutPipe: .never)
    private static let often = ChangeNotes.Period(
        withPipe: .milliseconds(20), withoutPipe: .milliseconds(20))

    /// Waits until a storage is told something of others.
    private func told(
        _ storage: SQLiteStorage, _ changes: inout AsyncStream<Void>.Iterator
    ) async throws -> [Update] {
        while true {
            let portion = try await storage.nextOfOthers(limit: 10)
            if !portion.isEmpty { return portion.updates }
            guard await changes.next() != nil else { return [] }
        }
    }

    @Test("A commit is told by a byte in a pipe, without looking again and again")
    func notice() async throws {
        let folder = try TemporaryFolder()
        let (one, _) = try await begin(folder)
        // This one never looks by itself.
        let two = try SQLiteStorage.openShared(folder.path(), period: Self.never)
        _ = try await two.summary()
        _ = try await two.source(proposing: try #require(Source("two")))
        var changes = two.changesOfOthers().makeAsyncIterator()
        for time in 1...50 {
            let update = try update("A", Double(time))
            try await one.append([update])
            #expect(try await told(two, &changes) == [update])
        }
        await one.close()
        await two.close()
        // What was raised before the end may still be there.
        while await changes.next() != nil {}
    }

    @Test("When the pipe is lost a process looks by itself")
    func lostNotice() async throws {
        let folder = try TemporaryFolder()
        let (one, _) = try await begin(folder)
        let two = try SQLiteStorage.openShared(folder.path(), period: Self.often)
        _ = try await two.summary()
        var changes = two.changesOfOthers().makeAsyncIterator()
        try FileManager.default.removeItem(atPath: folder.path() + "-note-2")
        for time in 1...3 {
            let update = try update("A", Double(time))
            try await one.append([update])
            #expect(try await told(two, &changes) == [update])
        }
        await one.close()
        await two.close()
    }

    @Test("Each opener has a source of its own; who comes next goes on under that of a dead one")
    func sources() async throws {
        let folder = try TemporaryFolder()
        let (one, first) = try await begin(folder)
        let (mortal, second) = try await beginMortal(folder)
        let (three, third) = try await begin(folder)
        #expect(Set([first, second, third]).count == 3)
        #expect(try await mortal.storage.source(proposing: first) == second)
        await mortal.die()
        let (four, fourth) = try await begin(folder)
        #expect(fourth == second)
        for storage in [one, three, four] { await storage.close() }
        // Alone, it is the store's own identity.
        let alone = try SQLiteStorage.open(folder.path(), mode: .existing)
        #expect(try await alone.source(proposing: third) == first)
        await alone.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }

    @Test("A name that another slot has is not given twice")
    func names() async throws {
        let folder = try TemporaryFolder()
        let name = try #require(Source("kiosk"))
        let (one, two) = (try shared(folder), try shared(folder))
        #expect(try await two.source(proposing: name) == name)
        let other = try await one.source(proposing: name)
        #expect(other != name)
        await one.close()
        await two.close()
    }

    @Test("Whoever wants a store alone is refused while it is shared, and the other way round")
    func excludes() async throws {
        let folder = try TemporaryFolder()
        let one = try shared(folder)
        for mode in [SQLiteStorage.Mode.existing, .createIfMissing] {
            let message = await expectFailure(.inUse) {
                try SQLiteStorage.open(folder.path(), mode: mode)
            }
            #expect(message.contains("--shared"))
        }
        let reader = try SQLiteStorage.open(folder.path(), mode: .readOnly)
        try await one.append([try update("A", 1)])
        #expect(try await everything(in: reader) == [try update("A", 1)])
        await reader.close()
        await one.close()
        let alone = try SQLiteStorage.open(folder.path(), mode: .existing)
        let names = try Set(folder.content.keys)
        let message = await expectFailure(.inUse) { try shared(folder) }
        #expect(try Set(folder.content.keys) == names)
        #expect(message.contains("--shared"))
        await alone.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }

    @Test("What is not a store is refused, and nothing is put next to it")
    func foreign() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Array("not a store".utf8))
        await expectFailure(.foreignOrCorrupt) { try SQLiteStorage.open(path, mode: .shared) }
        #expect(try Array(folder.content.keys) == ["log.sqlite"])
    }

    @Test("A store of every version ever written can be shared, and is version 4 then")
    func upgrades() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        try await log.append([try update("A", 1), try update("A", 3), try update("A", 2)])
        let own = try await log.source(proposing: try #require(Source("own")))
        await log.close()
        let (one, source) = try await begin(folder)
        #expect(source == own)
        #expect(try await one.summary().count == 3)
        await one.close()
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.path())))
        #expect(StoreFile.Header(Array(bytes.prefix(100)))?.userVersion == 4)
    }

    @Test("When a lock file is removed nothing more is written, and the reason is said")
    func lockLost() async throws {
        for name in ["-lock", "-lock-1"] {
            let folder = try TemporaryFolder()
            let (one, _) = try await begin(folder)
            try await one.append([try update("A", 1)])
            try FileManager.default.removeItem(atPath: folder.path() + name)
            let message = await expectFailure(.writeFailed) {
                try await one.append([try update("A", 2)])
            }
            #expect(message.contains(name))
            await one.close()
            let (two, _) = try await begin(folder)
            #expect(try await everything(in: two) == [try update("A", 1)])
            await two.close()
        }
    }

    @Test("An own update whose stamp another one has is not said to be stored")
    func taken() async throws {
        let folder = try TemporaryFolder()
        let (one, source) = try await begin(folder)
        let (two, _) = try await begin(folder)
        // It came home from a peer after the store was put back from an older copy.
        try await two.append([
            try update(source.text, 5, "old"), try update(source.text, 7, "old"),
        ])
        for time in [5.0, 7] {
            let message = await expectFailure(.writeFailed) {
                try await one.append([try update(source.text, time, "new")])
            }
            #expect(message.contains("another update has the stamp"))
            try await one.append([try update(source.text, time, "old")])
        }
        try await one.append([try update(source.text, 6, "new"), try update(source.text, 8, "new")])
        #expect(try await everything(in: two).count == 4)
        await one.close()
        await two.close()
    }

    @Test("What killed processes have left is removed by whoever has the store alone next")
    func leftovers() async throws {
        let folder = try TemporaryFolder()
        let (one, _) = try await beginMortal(folder)
        let (two, _) = try await beginMortal(folder)
        try await one.storage.append([try update("A", 1)])
        await one.die()
        await two.die()
        #expect(try folder.content.keys.contains("log.sqlite-lock-2"))
        let alone = try SQLiteStorage.open(folder.path(), mode: .existing)
        #expect(try await everything(in: alone) == [try update("A", 1)])
        await alone.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }

    @Test("After closing, an append says so")
    func closed() async throws {
        let folder = try TemporaryFolder()
        let (one, _) = try await begin(folder)
        let (two, _) = try await begin(folder)
        await one.close()
        await expectFailure(.closed) { try await one.append([try update("A", 1)]) }
        await expectFailure(.closed) { try await one.nextOfOthers(limit: 1) }
        try await two.append([try update("A", 1)])
        await two.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }
}

@Suite("The lease of the connection", .timeLimit(.minutes(20)))
struct LinkLeaseTests {
    @Test("One holds it; when it lets go, closes or dies, the next one has it")
    func passesOn() async throws {
        let folder = try TemporaryFolder()
        let logs = try (0..<4).map { _ in
            MortalStorage(try SQLiteStorage.open(folder.path(), mode: .shared))
        }
        let leases = try logs.map { try #require($0.storage.connectionLease) }
        #expect(await leases[0].acquire())
        #expect(await leases[0].acquire())
        async let second = leases[1].acquire()
        leases[0].release()
        #expect(leases[0].isHeld)
        leases[0].release()
        #expect(await second)
        #expect(!leases[0].isHeld && leases[1].isHeld)
        async let third = leases[2].acquire()
        await logs[1].close()
        #expect(await third)
        async let fourth = leases[3].acquire()
        await logs[2].die()
        #expect(await fourth)
        await logs[0].close()
        await logs[3].close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }

    @Test("Whoever is cancelled or closed while it waits gets nothing, and holds up nobody")
    func givesUp() async throws {
        let folder = try TemporaryFolder()
        let logs = try (0..<4).map { _ in
            try SQLiteStorage.open(folder.path(), mode: .shared)
        }
        let leases = try logs.map { try #require($0.connectionLease) }
        #expect(await leases[0].acquire())
        let cancelled = Task { await leases[1].acquire() }
        let closed = Task { await leases[2].acquire() }
        async let last = leases[3].acquire()
        cancelled.cancel()
        #expect(await !cancelled.value)
        await logs[2].close()
        #expect(await !closed.value)
        leases[0].release()
        #expect(await last)
        #expect(!leases[1].isHeld && !leases[2].isHeld)
        for log in logs { await log.close() }
    }
}
