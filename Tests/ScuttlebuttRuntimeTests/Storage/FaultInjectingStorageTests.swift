// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Testing

@Suite("The log with injected faults")
struct FaultInjectingStorageTests {
    @Test("It keeps what a log storage promises", arguments: StorageConformance.cases)
    func conforms(to promise: StorageConformance.Case) async throws {
        try await promise.run(
            make: { FaultInjectingStorage() },
            reopen: { storage in
                await storage.close()
                let memory = try #require(storage as? FaultInjectingStorage)
                await memory.reopen()
                return memory
            })
    }

    @Test("An injected failure hits one append, stores nothing, and the next one works")
    func failure() async throws {
        let log = FaultInjectingStorage()
        let update = try Self.update(1)
        await log.failNextAppend()
        await #expect(throws: StorageError.self) { try await log.append([update]) }
        #expect(await log.durableUpdates.isEmpty)
        try await log.append([update])
        #expect(await log.durableUpdates == [update])
    }

    @Test("A held append returns only at the sync, and is gone when power is lost before")
    func heldAppends() async throws {
        let log = FaultInjectingStorage()
        await log.holdSyncs()
        let first = try Self.update(1)
        let second = try Self.update(2)
        async let kept: Void = log.append([first])
        while await log.heldAppendCount < 1 { await Task.yield() }
        #expect(await log.durableUpdates.isEmpty)
        await log.sync()
        try await kept

        let lost = Task { try await log.append([second]) }
        while await log.heldAppendCount < 1 { await Task.yield() }
        await log.loseUnsynced()
        await #expect(throws: StorageError.self) { try await lost.value }
        #expect(await log.durableUpdates == [first])
    }

    private static func update(_ time: Double) throws -> Update {
        Update(
            payload: Array("1".utf8), timestamp: try #require(Timestamp(time)),
            source: try #require(Source("A")))
    }
}
