// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import ScuttlebuttSecurity
import Synchronization
import TestSupport
import Testing

private enum Sized: GossipAction { case text(String) }

@Suite("A store whose memory is a cache of its storage", .timeLimit(.minutes(20)))
struct TieredStoreTests {
    static let numbers = StateCoding<[Int]>(
        encode: { Array(try JSONEncoder().encode($0)) },
        decode: { try JSONDecoder().decode([Int].self, from: Data($0)) })

    private func open(
        _ storage: any LogStorage, budget: Int, interval: Int?, version: String = "1",
        reducer: Reducer<[Int], Note> = listing, events: Journal<GossipEvent>? = nil
    ) async throws -> GossipStore<[Int], Note> {
        var options = GossipOptions<Note>()
        options.source = source("m")
        options.snapshotSpacing = 8
        options.memoryBudget = MemoryBudget(updates: budget, bytes: .max)
        options.onEvent = { events?.note($0) }
        var checkpoints: Checkpoints<[Int]>?
        if let interval {
            checkpoints = Checkpoints(Self.numbers, reducerVersion: version)
            checkpoints?.interval = interval
        }
        return try await GossipStore(
            initial: [], reducer: reducer, storage: storage, checkpoints: checkpoints,
            options: options)
    }

    /// A store with `count` actions and at least `checkpoints` checkpoints.
    private func filled(
        _ storage: InMemoryStorage, _ count: Int, budget: Int = 100, checkpoints: Int
    ) async throws -> GossipStore<[Int], Note> {
        let store = try await open(storage, budget: budget, interval: budget)
        for value in 1...count {
            store.dispatch(.add(value))
            if value % 50 == 0 { try await store.flush() }
        }
        _ = try await until("checkpoints") {
            try await storage.checkpoints().count >= checkpoints ? true : nil
        }
        return store
    }

    /// The whole log and the local-only actions, folded from the beginning.
    private func fold(
        _ log: [Update], _ locals: [(after: Stamp?, value: Int)] = [],
        _ reducer: Reducer<[Int], Note> = listing
    ) throws -> [Int] {
        var history = History<[Int], Note>(
            base: [],
            reducer: HistoryReducer(throwing: { state, note, _ in
                try reducer.reduce(&state, note, .local)
            }))
        for update in log {
            history.insert(try ActionCodec<Note>.flat.decode(update.payload), at: update.stamp)
        }
        history.merge(locals.map { HistoryEntry(local: .secret($0.value), anchor: $0.after) })
        return history.current
    }

    @Test(
        "Whatever comes late, and wherever it starts again, the state is that of the whole log",
        arguments: UInt64(0)..<48)
    func anyOrder(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let storage = InMemoryStorage()
        let budget = [10, 40, 200][random.below(3)]
        let interval = [nil, 20, 90][random.below(3)]
        let hasLocals = random.below(3) == 0
        var store = try await open(storage, budget: budget, interval: interval)
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        var clocks = ["a": 0, "z": 0, "late": 0]
        var locals: [(after: Stamp?, value: Int)] = []
        var value = 0
        for _ in 0..<50 {
            value += 1
            switch random.below(10) {
            case 0, 1, 2, 3:
                for _ in 0..<random.below(20) {
                    value += 1
                    store.dispatch(random.below(11) == 0 ? .fail : .add(value))
                }
            case 4, 5, 6, 7:
                let name = ["a", "z", "late"][random.below(3)]
                var lines: [String] = []
                for _ in 0..<random.below(name == "late" ? 3 : 30) {
                    value += 1
                    clocks[name, default: 0] += 1 + random.below(name == "late" ? 1 : 5)
                    lines.append(line(value, clocks[name, default: 0], name))
                }
                try await peer.say(lines)
            case 8 where hasLocals:
                try await store.flush()
                try await settle(store, storage, locals)
                let log = try await storage.updates(after: nil, limit: .unlimited)
                locals.append((log.last?.stamp, value))
                store.dispatch(.secret(value))
            case 9:
                try await settle(store, storage, locals)
                await store.shutDown()
                await storage.reopen()
                // What is only local ends with the process.
                locals = []
                store = try await open(storage, budget: budget, interval: interval)
                peer = RawPeer(store.dispatcher)
                try await peer.say([header, sync])
            default:
                try await store.flush()
            }
        }
        try await settle(store, storage, locals)
        #expect(store.dispatcher.withReplica { $0.value.memoryCount } <= 5 * 128 + budget)
        // Whoever has nothing gets everything, in agreed order.
        let all = try await storage.updates(after: nil, limit: .unlimited)
        var reader = RawPeer(store.dispatcher)
        try await reader.say([header, sync])
        var heard: [String] = []
        _ = try await until("the peer has everything") {
            heard += reader.heard()
            return heard.filter { $0.hasPrefix("[") }.count >= all.count ? true : nil
        }
        #expect(Set(heard.filter { $0.hasPrefix("[") }).count == all.count)
        await store.shutDown()
    }

    /// Waits until the store shows what its storage has.
    private func settle(
        _ store: GossipStore<[Int], Note>, _ storage: InMemoryStorage,
        _ locals: [(after: Stamp?, value: Int)]
    ) async throws {
        _ = try await until("everything is delivered") { store.dispatcher.isIdle ? true : nil }
        try await store.flush()
        let expected = try fold(
            try await storage.updates(after: nil, limit: .unlimited), locals)
        _ = try? await until("the state") { store.state == expected ? true : nil }
        #expect(store.state == expected)
    }

    @Test("It starts from a checkpoint, folds the rest only, and says so")
    func startsFromACheckpoint() async throws {
        let storage = InMemoryStorage()
        var store = try await filled(storage, 1_000, checkpoints: 2)
        await store.shutDown()
        await storage.reopen()

        let calls = Mutex(0)
        let counting = Reducer<[Int], Note> { (state: inout [Int], action: Note) in
            calls.withLock { $0 += 1 }
            if case .add(let value) = action { state.append(value) }
        }
        let events = Journal<GossipEvent>()
        let newest = try #require(try await storage.checkpoints().last)
        store = try await open(
            storage, budget: 100, interval: 100, reducer: counting, events: events)
        #expect(store.state == Array(1...1_000))
        #expect(calls.withLock { $0 } == 1_000 - newest.count)
        guard case .opened(let opened)? = events.entries.first else {
            Issue.record("the store says nothing of its start")
            return
        }
        #expect(opened.checkpoint == newest && opened.passedOver.isEmpty)
        #expect(opened.updateCount == 1_000 && opened.foldedCount == 1_000 - newest.count)
        #expect(store.updateCount == 1_000)
        #expect(store.status.pending == 1_000)
        await store.shutDown()
    }

    @Test(
        "A checkpoint that is not good is passed over for the one before, with the reason",
        arguments: ["reducer", "hash", "state"])
    func passesOver(fault: String) async throws {
        let storage = InMemoryStorage()
        var store = try await filled(storage, 2_000, checkpoints: 2)
        await store.shutDown()
        await storage.reopen()
        let all = try await storage.checkpoints()
        var newest = try #require(all.last)
        try await storage.remove([newest])
        var state = Array("[1,2".utf8)
        switch fault {
        case "reducer": newest.reducerVersion = "0"
        case "hash": newest.stateHash[7] ^= 1
        default:
            newest.stateHash = LogHash.sha256(state)
            newest.stateByteCount = state.count
        }
        if fault != "state" { state = Array(try JSONEncoder().encode(Array(1...newest.count))) }
        #expect(try await storage.file(newest, state: state, since: storage.mark()))
        let events = Journal<GossipEvent>()
        store = try await open(storage, budget: 100, interval: 100, events: events)
        #expect(store.state == Array(1...2_000))
        guard case .opened(let opened)? = events.entries.first else {
            Issue.record("the store says nothing of its start")
            return
        }
        #expect(opened.checkpoint == all.dropLast().last)
        #expect(opened.passedOver.count == 1)
        await store.shutDown()
    }

    @Test("A reducer of another version folds the whole log, and a replaced one as well")
    func otherReducer() async throws {
        let storage = InMemoryStorage()
        var store = try await filled(storage, 600, budget: 50, checkpoints: 1)
        let negative = Reducer<[Int], Note> { (state: inout [Int], action: Note) in
            if case .add(let value) = action { state.append(-value) }
        }
        store.replaceReducer(negative)
        await store.until { $0 == (1...600).map { -$0 } }
        await store.shutDown()
        await storage.reopen()
        store = try await open(
            storage, budget: 50, interval: 50, version: "2", reducer: negative)
        #expect(store.state == (1...600).map { -$0 })
        await store.shutDown()
    }

    @Test("Large actions stay within the budget of bytes, in the log and in the history")
    func largeActions() async throws {
        let storage = InMemoryStorage()
        var options = GossipOptions<Sized>()
        options.snapshotSpacing = 8
        options.memoryBudget = MemoryBudget(updates: 100_000, bytes: 200_000)
        let counting = Reducer<Int, Sized> { (count: inout Int, _: Sized) in count += 1 }
        var store = try await GossipStore(
            initial: 0, reducer: counting, storage: storage, options: options)
        for _ in 1...2_000 {
            store.dispatch(.text(String(repeating: "x", count: 1_000)))
            if store.state % 50 == 0 { try await store.flush() }
        }
        for _ in 0..<2 {
            let bytes = store.dispatcher.withReplica { $0.value.byteCount }
            #expect(bytes < 400_000)
            #expect(store.history.count < 500)
            #expect(store.state == 2_000 && store.updateCount == 2_000)
            await store.shutDown()
            await storage.reopen()
            store = try await GossipStore(
                initial: 0, reducer: counting, storage: storage, options: options)
        }
        await store.shutDown()
    }

    @Test("A storage that fails while it is read again loses nothing, and is asked again")
    func failingStorage() async throws {
        let storage = FaultInjectingStorage()
        let events = Journal<GossipEvent>()
        let store = try await open(storage, budget: 20, interval: nil, events: events)
        for value in 1...500 {
            store.dispatch(.add(value))
            if value % 20 == 0 { try await store.flush() }
        }
        store.dispatch(.add(501))
        try await store.flush()
        await storage.failReads(true)
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync, line(-1, 3, "a")])
        await events.until { entries in
            entries.contains {
                if case .replica(.storageFailed) = $0 { true } else { false }
            }
        }
        #expect(store.state == Array(1...501))
        await storage.failReads(false)
        store.dispatch(.add(502))
        let expected = [1, 2, -1] + Array(3...502)
        await store.until { $0 == expected }
        await store.shutDown()
    }

    @Test("An action that is stored while the log is read again is counted once")
    func storedWhileRead() async throws {
        let storage = FaultInjectingStorage()
        let events = Journal<GossipEvent>()
        let store = try await open(storage, budget: 20, interval: nil, events: events)
        for value in 1...500 {
            store.dispatch(.add(value))
            if value % 20 == 0 { try await store.flush() }
        }
        store.dispatch(.add(501))
        try await store.flush()
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        var heardCount = 0
        _ = try await until("the peer has everything") {
            heardCount += peer.heard().count { $0.hasPrefix("[") }
            return heardCount == 501 ? true : nil
        }
        await storage.holdReads()
        try await peer.say([line(-1, 3, "a")])
        _ = try await until("the log is read again") {
            await storage.heldReadCount > 0 ? true : nil
        }
        try await peer.say([line(-2, 4, "a")])
        // It is delivered only after the replay that reads it.
        _ = try await until("it is stored") {
            await storage.durableUpdates.count == 503 ? true : nil
        }
        await storage.releaseReads()
        try await peer.say([line(-3, 5, "a")])
        let expected = [1, 2, -1, 3, -2, 4, -3] + Array(5...501)
        _ = try await until("a later one has its place") {
            store.state == expected || events.entries.contains(where: \.isStorageFailure)
                ? true : nil
        }
        #expect(store.state == expected)
        let failures = events.entries.filter(\.isStorageFailure)
        #expect(failures.isEmpty)
        await store.shutDown()
    }
}

extension GossipEvent {
    fileprivate var isStorageFailure: Bool {
        if case .replica(.storageFailed) = self { true } else { false }
    }
}
