// SPDX-License-Identifier: MIT

import Foundation
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import TestSupport
import Testing

@Suite("A checkpoint that continues another", .timeLimit(.minutes(20)))
struct DamagedBaseTests {
    private func open(_ storage: InMemoryStorage) async throws -> GossipStore<[Int], Note> {
        var options = GossipOptions<Note>()
        options.source = source("m")
        options.snapshotSpacing = 8
        options.memoryBudget = MemoryBudget(updates: 100, bytes: .max)
        let numbers = StateCoding<[Int]>(
            encode: { Array(try JSONEncoder().encode($0)) },
            decode: { try JSONDecoder().decode([Int].self, from: Data($0)) })
        var checkpoints = Checkpoints(numbers, reducerVersion: "1")
        checkpoints.interval = 100
        return try await GossipStore(
            initial: [], reducer: listing, storage: storage, checkpoints: checkpoints,
            options: options)
    }

    private func fill(
        _ store: GossipStore<[Int], Note>, _ values: ClosedRange<Int>
    ) async throws {
        for value in values {
            store.dispatch(.add(value))
            if value % 50 == 0 { try await store.flush() }
        }
        try await store.flush()
    }

    @Test("With local-only actions, a damaged state does not get into the next checkpoint")
    func localOnly() async throws {
        let storage = InMemoryStorage()
        var store = try await open(storage)
        try await fill(store, 1...600)
        _ = try await until("checkpoints") { try await storage.checkpoints().isEmpty ? nil : true }
        await store.shutDown()
        await storage.reopen()
        let damaged = try #require(try await storage.checkpoints().last)
        var state = try await storage.state(of: damaged)
        state[1] ^= 1
        try await storage.remove(try await storage.checkpoints())
        #expect(try await storage.file(damaged, state: state, since: storage.mark()))

        store = try await open(storage)
        #expect(store.state == Array(1...600))
        store.dispatch(.secret(7))
        try await fill(store, 601...1_200)
        _ = try await until("another checkpoint") {
            try await storage.checkpoints().contains { $0.count > damaged.count } ? true : nil
        }
        await store.shutDown()
        await storage.reopen()

        store = try await open(storage)
        #expect(store.state == Array(1...1_200))
        await store.shutDown()
    }
}
