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

/// Stores with little memory and many checkpoints on one log, which dispatch at once, get very late
/// actions from peers, come, go and are dropped, against the fold of the whole log.
@Suite("Stores that share one log, at random", .timeLimit(.minutes(20)))
struct SharingAtRandomTests {
    private typealias Peer = GossipStore<[Int], Note>

    private struct Opened: Sendable {
        let store: Peer
        weak var storage: SQLiteStorage?
    }

    private struct Remains: Sendable { weak var storage: SQLiteStorage? }

    private func open(_ path: String, budget: Int) async throws -> Opened {
        let storage = try SQLiteStorage.open(path, mode: .shared)
        var options = GossipOptions<Note>()
        options.snapshotSpacing = 8
        options.memoryBudget = MemoryBudget(updates: budget, bytes: .max)
        options.onEvent = { event in
            // A replay that is going on when a store is shut down ends in this way.
            if case .replica(.storageFailed(let error)) = event, error.code != .closed {
                Issue.record("a storage failed: \(error)")
            }
        }
        var checkpoints = Checkpoints(TieredStoreTests.numbers, reducerVersion: "1")
        checkpoints.interval = 20
        let store = try await Peer(
            initial: [], reducer: adding, storage: storage, checkpoints: checkpoints,
            options: options)
        return Opened(store: store, storage: storage)
    }

    @Test("Whatever each does meanwhile, all show the fold of the whole log", arguments: 0..<24)
    func folds(seed: Int) async throws {
        var random = SplitMix64(seed: UInt64(seed))
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "scuttlebutt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "app.sqlite").path
        let budget = [6, 40, 400][random.below(3)]
        var stores = [try await open(path, budget: budget), try await open(path, budget: budget)]
        var remains: [Remains] = []
        var next = 0
        var lateTime = 1
        for _ in 0..<40 {
            let store = stores[random.below(stores.count)].store
            switch random.below(10) {
            case 0..<4:
                for _ in 0..<1 + random.below(30) {
                    store.dispatch(.add(next))
                    next += 1
                }
            case 4, 5:
                // Each peer's actions ascend, and sort before nearly everything.
                var peer = RawPeer(store.dispatcher)
                let name = "LATE-\(lateTime)"
                try await peer.say(
                    [header] + (1...3).map { line(next + $0, lateTime + $0, name) } + [sync])
                peer.leave()
                lateTime += 1
                next += 4
            case 6 where stores.count < 4:
                // The others write while it reads.
                async let opened = open(path, budget: budget)
                for other in stores { other.store.dispatch(.add(next)) }
                next += 1
                stores.append(try await opened)
            case 7 where stores.count > 1:
                await stores.remove(at: random.below(stores.count)).store.shutDown()
            case 8:
                try await store.flush()
            case 9 where stores.count > 1:
                // As if it were killed, except that what is being saved may still arrive.
                let dropped = stores.remove(at: random.below(stores.count))
                remains.append(Remains(storage: dropped.storage))
            default:
                await Task.yield()
            }
        }
        for opened in stores { try await opened.store.flush() }
        _ = try await until("those that were dropped are gone") { [remains] in
            remains.allSatisfy { $0.storage == nil } ? true : nil
        }
        let reader = try SQLiteStorage.open(path, mode: .readOnly)
        let count = try await until("all show the same") { [stores] in
            let count = try await reader.summary().count
            return stores.allSatisfy { opened in
                opened.store.state.count == count && opened.store.state == stores[0].store.state
            }
                ? count : nil
        }
        await reader.close()
        let state = stores[0].store.state
        for opened in stores { await opened.store.shutDown() }
        // What was dropped may be ending still.
        let storage = try await until("nobody shares it") {
            try? SQLiteStorage.open(path, mode: .existing)
        }
        for checkpoint in try await storage.checkpoints() {
            let entries = try await storage.updates(after: nil, limit: .unlimited)
            #expect(checkpoint.count == entries.count { $0.stamp <= checkpoint.stamp })
        }
        let whole = try await Peer(initial: [], reducer: adding, storage: storage)
        #expect(whole.state == state)
        #expect(whole.state.count == count)
        await whole.shutDown()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["app.sqlite"])
    }
}
