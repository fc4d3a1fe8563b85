// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct BatchingTests {
    @Test(arguments: [1, 2, 99, 100, 101, 250, 10_000, 100_000])
    func `Q4 customDispatch loses nothing, however much waits for it`(count: Int) async throws {
        let folds = Journal<@Sendable () -> Void>()
        var options = GossipOptions<Note>()
        options.customDispatch = { folds.note($0) }
        let store = try GossipStore(initial: [], reducer: adding, options: options)
        let notified = Journal<Int>()
        let token = store.subscribe { notified.note(1) }
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        for start in stride(from: 1, through: count, by: 5_000) {
            try await peer.say((start...min(start + 4_999, count)).map { line($0, $0, "a") })
        }
        while store.updateCount < count { await Task.yield() }
        while !store.dispatcher.isIdle { await Task.yield() }
        #expect(store.state.isEmpty)
        #expect(folds.entries.count == 1)
        folds.entries[0]()
        #expect(store.state == Array(1...count))
        #expect(notified.entries.count == 1)
        // A second call of one closure folds nothing twice.
        folds.entries[0]()
        #expect(store.state.count == count)
        token.cancel()
    }

    @Test func `G11 events wait for the fold that they speak of`() async throws {
        let folds = Journal<@Sendable () -> Void>()
        let events = Journal<GossipEvent>()
        var options = GossipOptions<Note>()
        options.customDispatch = { folds.note($0) }
        options.onEvent = { events.note($0) }
        let store = try GossipStore(initial: [], reducer: adding, options: options)
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, line(1, 1, "a"), sync])
        _ = peer.heard()
        await folds.until { !$0.isEmpty }
        while !store.dispatcher.isIdle { await Task.yield() }
        #expect(events.entries.isEmpty)
        folds.entries[0]()
        await store.synced()
        #expect(events.entries.count == 3)
    }

    @Test func `an update is encoded once for a hundred peers`() async throws {
        let store = try GossipStore(initial: [], reducer: adding, options: GossipOptions<Note>())
        var peers: [RawPeer] = []
        for _ in 0..<100 {
            var peer = RawPeer(store.dispatcher)
            try await peer.say([header, sync])
            _ = peer.heard()
            peers.append(peer)
        }
        store.dispatch(.add(1))
        let lines = peers.compactMap { store.dispatcher.host.pull($0.peer)?.lines }
        #expect(lines.count == 100)
        #expect(Set(lines.map(ObjectIdentifier.init)).count == 1)
    }
}
