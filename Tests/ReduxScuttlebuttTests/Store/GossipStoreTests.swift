// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct GossipStoreTests {
    private func store(
        _ name: String = "b", _ reducer: Reducer<[Int], Note> = listing,
        _ change: (inout GossipOptions<Note>) -> Void = { _ in }
    ) throws -> GossipStore<[Int], Note> {
        var options = GossipOptions<Note>()
        options.source = source(name)
        options.onFault = { _ in }
        change(&options)
        return try GossipStore(initial: [], reducer: reducer, options: options)
    }

    @Test func `G8 a local-only action keeps its place and its effect when something late arrives`()
        async throws
    {
        let store = try store()
        store.dispatch(.add(1))
        store.dispatch(.secret(99))
        #expect(store.state == [1, 99])
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, line(2, 1, "a"), line(3, 5, "a"), sync])
        await store.until { $0 == [2, 1, 99, 3] }
        store.dispatch(.secret(98))
        try await peer.say([line(4, 6, "a")])
        await store.until { $0 == [2, 1, 99, 3, 98, 4] }
    }

    @Test func `G2 G3 stores that dispatch at the same time end alike`() async throws {
        let network = InMemoryNetwork()
        let hub = try store("hub")
        hub.swarm.listen(try network.listen(at: "hub"))
        let stores = try (0..<3).map { try store("s\($0)") }
        for (index, store) in stores.enumerated() {
            for value in 0..<50 { store.dispatch(value == 7 ? .fail : .add(100 * index + value)) }
            store.connect(network.transport(to: "hub"))
        }
        for value in 0..<50 { hub.dispatch(.add(1_000 + value)) }
        let count = 3 * 49 + 50
        for store in stores + [hub] { await store.until { $0.count == count } }
        #expect(Set((stores + [hub]).map(\.state)).count == 1)
        for store in stores + [hub] { await store.shutDown() }
    }

    @Test func `G5 a batch is one notification, whatever it rewinds, and shows no half of it`()
        async throws
    {
        let store = try store()
        for value in 0..<100 { store.dispatch(.add(value)) }
        let seen = Journal<Int>()
        let token = store.subscribe { [weak store] in seen.note(store?.state.count ?? -1) }
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header] + (1...500).map { line(-$0, $0, "a") } + [sync])
        await seen.until { $0.contains(600) }
        #expect(seen.entries == [600])
        try await peer.say([line(-1, 1, "a")])
        store.dispatch(.add(1))
        #expect(seen.entries == [600, 601], "G6: a duplicate notifies nobody")
        token.cancel()
    }

    @Test func `G6 another content under one stamp is reported with its source`() async throws {
        let events = Journal<GossipEvent>()
        let store = try store { $0.onEvent = { events.note($0) } }
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, line(1, 1, "a"), sync, line(2, 1, "a")])
        await events.until {
            $0.contains {
                if case .replica(.equivocation(let stamp)) = $0 {
                    stamp.source == source("a")
                } else {
                    false
                }
            }
        }
        #expect(store.state == [1])
    }

    @Test
    func `G7 local-only actions leave by no way, by marker, by name or by the program's test`()
        async throws
    {
        let store = try store { $0.isGossipType = { $0 != "fail" } }
        store.dispatch(.secret(1))
        store.dispatch(.add(2))
        store.dispatch(.fail)
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        store.dispatch(.secret(3))
        store.dispatch(.fail)
        #expect(peer.heard().filter { $0.hasPrefix("[") } == [line(2, 1, "b")])
        #expect(store.state == [1, 2, 3])
        #expect(store.updateCount == 1)
    }

    @Test func `G7 an incoming action is never filtered by its name`() async throws {
        let events = Journal<GossipEvent>()
        let store = try store { $0.onEvent = { events.note($0) } }
        var (peer, other) = (RawPeer(store.dispatcher), RawPeer(store.dispatcher))
        try await other.say([header, sync])
        _ = other.heard()
        try await peer.say([header, sync, "[{\"type\":\"@local\"},1,\"a\"]"])
        await events.until {
            !$0.isEmpty && $0.contains { if case .unknown = $0 { true } else { false } }
        }
        #expect(other.heard() == ["[{\"type\":\"@local\"},1,\"a\"]"])
    }

    @Test func `G9 the reducer gets the meta and the bytes never hold it`() async throws {
        let metas = Journal<ActionMeta>()
        let reducer = Reducer<[Int], Note> { (state: inout [Int], action: Note, meta: ActionMeta) in
            if case .add(let value) = action { state.append(value) }
            metas.note(meta)
        }
        let store = try store("b", reducer)
        store.dispatch(.add(1))
        store.dispatch(.secret(1))
        #expect(
            metas.entries == [ActionMeta(timestamp: Timestamp(1), source: source("b")), .local])
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        #expect(peer.heard().contains(line(1, 1, "b")))
    }

    @Test func `G11 synced and historyReceived are told once, after the history shows`()
        async throws
    {
        let events = Journal<String>()
        let late = Mutex<GossipStore<[Int], Note>?>(nil)
        let store = try store { options in
            options.onEvent = { event in
                let count = late.withLock { $0?.state.count ?? -1 }
                switch event {
                case .replica(.historyReceived): events.note("history \(count)")
                case .replica(.synced): events.note("synced \(count)")
                default: break
                }
            }
        }
        late.withLock { $0 = store }
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, line(1, 1, "a"), line(2, 2, "a"), sync])
        _ = peer.heard()
        await store.synced()
        try await peer.say([sync, sync])
        #expect(events.entries == ["history 2", "synced 2"])
        #expect(store.status.isSynced)
        late.withLock { $0 = nil }
    }

    @Test func `G12 every connection gets a session of its own`() throws {
        let store = try store()
        let peers = (0..<10).map { _ in
            store.dispatcher.host.openSession(SessionOptions(), signal: SessionSignal())
        }
        #expect(Set(peers).count == 10)
        // A SessionDriver cannot be copied and is consumed by its run: a second use does not
        // compile.
    }

    @Test func `G10 a thousand sessions leave nothing behind`() async throws {
        let store = try store()
        for _ in 0..<1_000 {
            var peer = RawPeer(store.dispatcher)
            try await peer.say([header, sync])
            _ = peer.heard()
            peer.leave()
        }
        #expect(store.status.connected == 0)
        #expect(store.dispatcher.withReplica { $0.gossip.peerCount } == 0)
        weak var signal: SessionSignal?
        do {
            let peer = RawPeer(store.dispatcher)
            signal = peer.signal
            peer.leave()
        }
        #expect(signal == nil)
    }

    @Test func `G13 an unknown action keeps its place and bytes and is skipped`() async throws {
        let events = Journal<GossipEvent>()
        let store = try store { $0.onEvent = { events.note($0) } }
        var (peer, other) = (RawPeer(store.dispatcher), RawPeer(store.dispatcher))
        let odd = "[{\"type\":\"FUTURE\",\"x\" : 1.0},1,\"a\"]"
        try await peer.say([header, odd, line(5, 2, "a"), sync])
        await store.until { $0 == [5] }
        try await other.say([header, sync])
        #expect(other.heard().contains(odd))
        #expect(store.dispatcher.withReplica { $0.gossip.vector.description } == "a@2")
    }

    @Test func `G17 another reducer sees the whole history, as in a fresh store`() async throws {
        let store = try store()
        store.dispatch(.add(1))
        store.dispatch(.secret(2))
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, line(3, 1, "a"), sync])
        await store.until { $0 == [3, 1, 2] }
        store.replaceReducer(
            Reducer { (state: inout [Int], action: Note) in
                if case .add(let value) = action { state.append(-value) }
            })
        #expect(store.state == [-3, -1])
    }

    @Test func `G18 an event tells cause, depth and cost when the state went back`() async throws {
        let events = Journal<GossipEvent>()
        let store = try store { $0.onEvent = { events.note($0) } }
        for value in 1...10 { store.dispatch(.add(value)) }
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync, line(0, 5, "a")])
        await events.until { $0.contains { if case .applied = $0 { true } else { false } } }
        let change = try #require(events.changes.first)
        #expect(change.cause == Stamp(timestamp: try #require(Timestamp(5)), source: source("a")))
        #expect(change.depth == 6)
        #expect(change.reducerCalls >= 7 && change.reducerCalls <= 2 * 6 + 64)
    }

    @Test func `G21 any number of rewinds fold exactly what is in the log`() async throws {
        let store = try store()
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        for round in 1...200 {
            store.dispatch(.add(round))
            try await peer.say([line(-round, round, "a")])
        }
        await store.until { $0.count == 400 }
        let logged = store.dispatcher.withReplica { $0.value.delta(since: VersionVector()) }
        let expected = try logged.map { update in
            guard case .add(let value)? = try ActionCodec<Note>.flat.decode(update.payload) else {
                return 0
            }
            return value
        }
        #expect(store.state == expected)
    }

    @Test func `a reducer that dispatches is told so, and nothing is stamped`() throws {
        let faults = Journal<StoreError>()
        let late = Mutex<GossipStore<[Int], Note>?>(nil)
        let reducer = Reducer<[Int], Note> { (state: inout [Int], action: Note) in
            if case .add(let value) = action { state.append(value) }
            if state.count == 1 { late.withLock { $0 }?.dispatch(.add(7)) }
        }
        let store = try store("b", reducer) { $0.onFault = { faults.note($0) } }
        late.withLock { $0 = store }
        store.dispatch(.add(1))
        #expect(store.state == [1])
        #expect(store.updateCount == 1)
        #expect(faults.entries.map(\.code) == [.dispatchInReducer])
        late.withLock { $0 = nil }
    }

    @Test func `a dispatch while the state is read in place stamps nothing that is not folded`()
        throws
    {
        let faults = Journal<StoreError>()
        let store = try store { $0.onFault = { faults.note($0) } }
        store.withState { _ in _ = store.dispatch(.add(1)) }
        #expect(store.updateCount == 0)
        #expect(faults.entries.count == 1)
        store.dispatch(.add(2))
        #expect(store.state == [2])
    }

    @Test func `a subscriber may dispatch`() throws {
        let store = try store()
        let token = store.subscribe { [weak store] in
            if let store, store.state.count < 5 { store.dispatch(.add(store.state.count)) }
        }
        store.dispatch(.add(0))
        #expect(store.state == [0, 1, 2, 3, 4])
        token.cancel()
    }

    @Test func `dispatches from many threads are all stamped, in one order`() async throws {
        let store = try store("b", adding)
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for value in 0..<500 { store.dispatch(.add(1_000 * task + value)) }
                }
            }
        }
        #expect(store.state.count == 4_000)
        #expect(Set(store.state).count == 4_000)
        #expect(store.updateCount == 4_000)
        for task in 0..<8 {
            let own = store.state.filter { $0 / 1_000 == task }
            #expect(own == own.sorted())
        }
    }

    @Test func `Q17 dispatching one action twice gives two updates and a stamp each`() async throws
    {
        let store = try store()
        let first = try await store.perform(.add(1))
        let second = try await store.perform(.add(1))
        #expect(first.stamp?.timestamp.value == 1)
        #expect(second.stamp?.timestamp.value == 2)
        #expect(try await store.perform(.secret(1)).stamp == nil)
    }
}
