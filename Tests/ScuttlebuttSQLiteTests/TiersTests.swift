// SPDX-License-Identifier: MIT

import Dispatch
import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttSQLite

@Suite("A store that is read in part", .timeLimit(.minutes(20)))
struct TiersTests {
    @Test("A disk that is full while a checkpoint is stored leaves the others, and takes updates")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        _ = try await log.summary()
        try await log.append((1...9).map { try update("A", Double($0)) })
        func checkpoint(_ time: Double, _ state: [UInt8]) throws -> StoredCheckpoint {
            StoredCheckpoint(
                stamp: try update("A", time).stamp, count: Int(time), vector: VersionVector(),
                reducerVersion: "1", stateHash: [1], logHash: [2], stateByteCount: state.count)
        }
        let (small, large) = (
            [UInt8](repeating: 1, count: 10), [UInt8](repeating: 2, count: 1 << 20)
        )
        #expect(try await log.file(checkpoint(4, small), state: small, since: log.mark()))
        try await log.currentDatabase.write { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 20)")
        }
        let mark = try await log.mark()
        await expectFailure(.writeFailed) {
            try await log.file(checkpoint(8, large), state: large, since: mark)
        }
        try await log.append([try update("A", 10)])
        #expect(try await log.checkpoints() == [try checkpoint(4, small)])
        #expect(try await log.state(of: checkpoint(4, small)) == small)
        #expect(try await log.summary().count == 10)
        await log.close()
    }

    @Test("An append does not wait for a page that is being read")
    func readsBlockNoWriter() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        _ = try await log.summary()
        try await log.append([try update("A", 1)])
        let begun = Collected<Bool>()
        let mayEnd = DispatchSemaphore(value: 0)  // waited for on its own thread
        let reading = Task {
            try await log.readApart { _ in
                begun.append(true)
                mayEnd.wait()  // on its own thread, that of the connection
            }
        }
        while begun.values.isEmpty { await Task.yield() }
        try await log.append([try update("A", 2)])
        #expect(try await log.mark() == 2)
        mayEnd.signal()
        try await reading.value
        #expect(try await log.updates(after: nil, limit: .unlimited).count == 2)
        await log.close()
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
    }

    @Test(
        "Damaged bytes are noticed or harmless: no page is ever wrong", arguments: UInt64(0)..<80)
    func damagedBytes(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        var log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        _ = try await log.summary()
        let updates = try (1...3_000).map {
            try update(["A", "B", "C"][$0 % 3], Double($0), "[\($0)]")
        }
        try await log.append(updates)
        await log.close()
        var bytes = try #require(try folder.content["log.sqlite"])
        var random = SplitMix64(seed: seed)
        for _ in 0..<1 + random.below(40) {
            // Behind the pages of the tables' definitions, which opening looks at.
            let place = 8 * 4_096 + random.below(bytes.count - 8 * 4_096)
            bytes[place] ^= UInt8(truncatingIfNeeded: random.next()) | 1
        }
        _ = try folder.write(Array(bytes))
        do {
            log = try SQLiteStorage.open(folder.path(), mode: .existing)
        } catch is StorageError {
            return
        }
        var cursor: Stamp?
        var found: [Update] = []
        do {
            _ = try await log.summary()
            while true {
                let page = try await log.updates(after: cursor, limit: DeltaLimit(updates: 100))
                guard let last = page.last else { break }
                found += page
                cursor = last.stamp
            }
        } catch is StorageError {}
        // Whatever is returned was written so, in this order; the count tells whether it is all.
        let known = Set(found)
        #expect(found == updates.filter { known.contains($0) })
        await log.close()
    }

    @Test("An index that lacks an update is noticed before anything is read by it")
    func incompleteIndex() async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteStorage.open(folder.path(), mode: .createIfMissing)
        _ = try await log.summary()
        try await log.append((1...9).map { try update("A", Double($0)) })
        #expect(try await log.updates(after: nil, limit: .unlimited).count == 9)
        #expect(try await log.snapshot()?.count(after: update("A", 3).stamp) == 6)
        try await log.currentDatabase.writeWithoutTransaction { database in
            let sql = TieredSchema.index
            try database.execute(sql: "DROP INDEX updates_by_time")
            try database.execute(sql: sql + " WHERE place != 5")
            try database.execute(sql: "PRAGMA writable_schema = ON")
            try database.execute(
                sql: "UPDATE sqlite_master SET sql = ? WHERE name = 'updates_by_time'",
                arguments: [sql])
            try database.execute(sql: "PRAGMA writable_schema = RESET")
        }
        await log.close()
        for mode in [SQLiteStorage.Mode.existing, .readOnly] {
            let log = try SQLiteStorage.open(folder.path(), mode: mode)
            let message = await expectFailure(.foreignOrCorrupt) {
                try await log.updates(after: nil, limit: DeltaLimit(updates: 1))
            }
            #expect(message.contains("the index of the timestamps does not have all updates"))
            #expect(try await log.snapshot()?.count(after: nil) == 8)
            await log.close()
        }
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
