// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct SavingTests {
    private func open(
        _ storage: FaultInjectingStorage, _ change: (inout GossipOptions<Note>) -> Void = { _ in }
    ) async throws -> GossipStore<[Int], Note> {
        var options = GossipOptions<Note>()
        options.sleep = { _ in await Task.yield() }
        change(&options)
        return try await GossipStore(
            initial: [], reducer: listing, storage: storage, options: options)
    }

    @Test func `G19 after a restart state, clock and identity are as they were`() async throws {
        let storage = FaultInjectingStorage()
        let first = try await open(storage)
        var peer = RawPeer(first.dispatcher)
        try await peer.say([header, line(5, 40, "a"), sync])
        await first.until { $0 == [5] }
        for value in 1...50 { first.dispatch(value == 9 ? .fail : .add(value)) }
        first.dispatch(.secret(-1))
        let (state, source) = (first.state, first.source)
        await first.shutDown()
        await storage.reopen()
        let second = try await open(storage)
        #expect(second.state == state.filter { $0 != -1 })
        #expect(second.source == source)
        #expect(try await second.perform(.add(51)).stamp?.timestamp.value == 91)
        await second.shutDown()
    }

    @Test
    func `G19 what is not durable has not left, and is not used again after the loss of power`()
        async throws
    {
        let storage = FaultInjectingStorage()
        await storage.holdSyncs()
        let store = try await open(storage)
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        _ = peer.heard()
        store.dispatch(.add(1))
        #expect(store.state == [1], "the effect shows at once")
        while await storage.heldAppendCount == 0 { await Task.yield() }
        #expect(peer.heard().isEmpty)
        #expect(store.status.pending == 1)
        await storage.sync()
        while store.status.unsaved > 0 { await Task.yield() }
        #expect(peer.heard() == [line(1, 1, store.source.text)])
        await storage.releaseSyncs()
        await store.shutDown()
    }

    @Test func `a failed save is told, is tried again, and lets nothing unsaved leave`()
        async throws
    {
        let storage = FaultInjectingStorage()
        let events = Journal<GossipEvent>()
        let store = try await open(storage) { $0.onEvent = { events.note($0) } }
        await storage.failNextAppend()
        await storage.failNextAppend()
        store.dispatch(.add(1))
        await events.until {
            $0.count { if case .replica(.storageFailed) = $0 { true } else { false } } == 2
        }
        while store.status.unsaved > 0 { await Task.yield() }
        try await store.flush()
        #expect(await storage.durableUpdates.count == 1)
        await store.shutDown()
    }

    @Test func `a flush during a failure throws and the store goes on`() async throws {
        let storage = FaultInjectingStorage()
        await storage.holdSyncs()
        let store = try await open(storage)
        store.dispatch(.add(1))
        while await storage.heldAppendCount == 0 { await Task.yield() }
        let flushing = Task { try await store.flush() }
        while await storage.heldAppendCount == 0 { await Task.yield() }
        await storage.loseUnsynced()
        await storage.releaseSyncs()
        _ = await flushing.result
        while store.status.unsaved > 0 { await Task.yield() }
        try await store.flush()
        await store.shutDown()
    }

    @Test func `a closed store takes no more actions and has saved all it took`() async throws {
        let storage = FaultInjectingStorage()
        let store = try await open(storage) { $0.onFault = { _ in } }
        for value in 0..<1_000 { store.dispatch(.add(value)) }
        await store.shutDown()
        await #expect { try await store.perform(.add(1)) } throws: {
            ($0 as? ReplicaError)?.code == .closed
        }
        await storage.reopen()
        #expect(await storage.durableUpdates.count == 1_000)
    }

    @Test(arguments: [false, true])
    func `G19 own actions that come home to a restored backup are there after the next restart`(
        isWrittenBefore: Bool
    ) async throws {
        let storage = FaultInjectingStorage()
        let own = try await storage.source(proposing: source("b"))
        let backup = Update(
            payload: Array("{\"type\":\"add\",\"payload\":1}".utf8),
            timestamp: try #require(Timestamp(1)), source: own)
        try await storage.append([backup])
        // The time for which own updates are held back must not be over at once.
        let first = try await open(storage) { $0.sleep = { try await Task.sleep(for: $0) } }
        var peer = RawPeer(first.dispatcher)
        if isWrittenBefore { try await peer.say(["{\"id\":\"RAW\",\"clock\":{\"b\":3}}"]) }
        // Saved at once, but held back until what the peer claims to have of ours has come.
        if isWrittenBefore { try await first.perform(.add(4)).durable() }
        var home = [line(2, 2, "b"), line(3, 3, "b"), line(7, 9, "a"), sync]
        if !isWrittenBefore { home.insert(header, at: 0) }
        try await peer.say(home)
        await first.until { $0.count == (isWrittenBefore ? 5 : 4) }
        if !isWrittenBefore { try await first.perform(.add(4)).durable() }
        try await first.flush()
        #expect(first.state == (isWrittenBefore ? [1, 2, 3, 4, 7] : [1, 2, 3, 7, 4]))
        let state = first.state
        let stored = await storage.durableUpdates.filter { $0.source == own }
        #expect(stored.map(\.timestamp.value) == (isWrittenBefore ? [1, 4, 2, 3] : [1, 2, 3, 10]))
        await first.shutDown()
        await storage.reopen()
        let second = try await open(storage)
        #expect(second.state == state)
        #expect(second.updateCount == 5)
        var reader = RawPeer(second.dispatcher)
        try await reader.say([header, sync])
        #expect(reader.heard().count { $0.hasSuffix("\"b\"]") } == 4)
        await second.shutDown()
    }

    @Test func `a dispatch is durable once its receipt says so`() async throws {
        let storage = FaultInjectingStorage()
        let store = try await open(storage)
        try await store.perform(.add(1)).durable()
        #expect(await storage.durableUpdates.count == 1)
        try await store.perform(.secret(1)).durable()
        await store.shutDown()
    }
}
