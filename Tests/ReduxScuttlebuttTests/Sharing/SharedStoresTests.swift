// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import TestSupport
import Testing

@Suite("Stores that share one log", .timeLimit(.minutes(20)))
struct SharedStoresTests {
    private final class Folder: Sendable {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "scuttlebutt-\(UUID().uuidString)")
        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(at: url) }
        var path: String { url.appending(path: "app.sqlite").path }
        var names: Set<String> {
            get throws { Set(try FileManager.default.contentsOfDirectory(atPath: url.path)) }
        }
    }

    private func open(
        _ folder: Folder, budget: Int = 100, events: Journal<GossipEvent>? = nil
    ) async throws -> GossipStore<[Int], Note> {
        let storage = try SQLiteStorage.open(folder.path, mode: .shared)
        var options = GossipOptions<Note>()
        options.snapshotSpacing = 8
        options.memoryBudget = MemoryBudget(updates: budget, bytes: .max)
        options.onEvent = { events?.note($0) }
        var checkpoints = Checkpoints(TieredStoreTests.numbers, reducerVersion: "1")
        checkpoints.interval = 20
        return try await GossipStore(
            initial: [], reducer: adding, storage: storage, checkpoints: checkpoints,
            options: options)
    }

    /// Waits until all have the same state with this many actions.
    private func level(
        _ stores: [GossipStore<[Int], Note>], count: Int
    ) async throws {
        _ = try await until("all show the same") {
            let states = stores.map(\.state)
            return states.allSatisfy { $0.count == count && $0 == states[0] } ? true : nil
        }
    }

    @Test("What one dispatches the others fold, each under a source of its own")
    func folds() async throws {
        let folder = try Folder()
        let stores = [try await open(folder), try await open(folder), try await open(folder)]
        #expect(Set(stores.map(\.source)).count == 3)
        for round in 0..<10 {
            for (index, store) in stores.enumerated() {
                let receipt = try await store.perform(.add(round * 3 + index))
                try await receipt.durable()
            }
        }
        try await level(stores, count: 30)
        // What was folded before is below what is dispatched next.
        let before = stores[1].dispatcher.withReplica { $0.gossip.vector.entries.map(\.timestamp) }
        let receipt = try await stores[0].perform(.add(99))
        #expect(try before.allSatisfy { $0 < (try #require(receipt.stamp)).timestamp })
        try await level(stores, count: 31)
        #expect(stores[2].state.last == 99)
        for store in stores { await store.shutDown() }
        #expect(try folder.names == ["app.sqlite"])
        let next = try await open(folder)
        #expect(next.source == stores[0].source)
        #expect(next.state.count == 31)
        await next.shutDown()
    }

    @Test("Long logs, small memory and checkpoints: all show the fold of the whole log")
    func tiers() async throws {
        let folder = try Folder()
        let stores = [try await open(folder), try await open(folder)]
        for round in 0..<40 {
            for (index, store) in stores.enumerated() {
                for value in 0..<10 { store.dispatch(.add(round * 100 + index * 10 + value)) }
            }
            if round % 5 == 0 { for store in stores { try await store.flush() } }
        }
        for store in stores { try await store.flush() }
        try await level(stores, count: 800)
        let late = try await open(folder)
        try await level(stores + [late], count: 800)
        for store in stores { store.dispatch(.add(7)) }
        try await level(stores + [late], count: 802)
        let state = late.state
        for store in stores + [late] { await store.shutDown() }
        // Folded from the beginning, without a checkpoint.
        let storage = try SQLiteStorage.open(folder.path, mode: .existing)
        let whole = try await GossipStore<[Int], Note>(
            initial: [], reducer: adding, storage: storage)
        #expect(whole.state == state)
        await whole.shutDown()
    }

    @Test("One connects for all; when it ends another does, and everything arrives once")
    func connects() async throws {
        let folder = try Folder()
        let network = InMemoryNetwork()
        let server = try GossipStore<[Int], Note>(initial: [], reducer: adding)
        server.swarm.listen(try network.listen(at: "server"))
        var stores: [GossipStore<[Int], Note>] = []
        for _ in 0..<3 {
            let store = try await open(folder)
            store.connect(network.transport(to: "server"))
            stores.append(store)
        }
        var count = 0
        while !stores.isEmpty {
            for store in stores {
                store.dispatch(.add(count))
                count += 1
            }
            try await level(stores + [server], count: count)
            #expect(server.swarm.openLinkCount == 1)
            #expect(stores.count { $0.swarm.openLinkCount == 1 } == 1)
            server.dispatch(.add(count))
            count += 1
            try await level(stores + [server], count: count)
            // The one that connects ends.
            let leader = try #require(stores.firstIndex { $0.swarm.openLinkCount == 1 })
            await stores.remove(at: leader).shutDown()
        }
        #expect(server.state.sorted() == Array(0..<count))
        await server.shutDown()
    }

    @Test("A data type can be shared as well")
    func dataType() async throws {
        let folder = try Folder()
        let (one, two) = (
            try SQLiteStorage.open(folder.path, mode: .shared),
            try SQLiteStorage.open(folder.path, mode: .shared)
        )
        let first = try await ReplicaDriver(UpdateLog(), storage: one)
        let second = try await ReplicaDriver(UpdateLog(), storage: two)
        let payload = Array(#"{"type":"add"}"#.utf8)
        try first.write { _ in payload }
        try second.write { _ in payload }
        _ = try await until("both have both") {
            first.value.count == 2 && second.value.count == 2 ? true : nil
        }
        await first.shutDown()
        await second.shutDown()
    }

    @Test("What is dispatched after the end is refused, and a handle says why it was not saved")
    func refuses() async throws {
        let folder = try Folder()
        let (one, two) = (try await open(folder), try await open(folder))
        try await one.perform(.add(1)).durable()
        // Somebody removes the file that says that this process writes.
        try FileManager.default.removeItem(atPath: folder.path + "-lock-1")
        let receipt = try await one.perform(.add(2))
        await #expect(throws: StorageError.self) { try await receipt.durable() }
        try await two.perform(.add(3)).durable()
        _ = try await until("what is saved") { two.state.sorted() == [1, 3] ? true : nil }
        await one.shutDown()
        await #expect(throws: ReplicaError.self) { try await one.perform(.add(4)) }
        await two.shutDown()
    }
}
