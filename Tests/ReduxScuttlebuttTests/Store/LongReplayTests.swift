// SPDX-License-Identifier: MIT

import Dispatch
import Foundation
import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(20))) struct LongReplayTests {
    /// Stops a reducer at one action, once, until it is let go.
    ///
    /// A reducer cannot suspend, so what is folded meanwhile is folded on its own thread.
    private final class Gate: Sendable {
        let reached = Journal<Bool>()
        private let isArmed = Atomic<Bool>(true)
        private let opened = DispatchSemaphore(value: 0)  // waited for on its own thread

        func pass() {
            guard isArmed.exchange(false, ordering: .sequentiallyConsistent) else { return }
            reached.note(true)
            opened.wait()  // on its own thread
        }
        func open() { opened.signal() }
    }

    private func store(
        _ reducer: Reducer<[Int], Note>, _ events: Journal<GossipEvent>? = nil,
        foldsOnOwnThread: Bool = false
    ) throws -> GossipStore<[Int], Note> {
        var options = GossipOptions<Note>()
        options.source = source("b")
        if foldsOnOwnThread {
            options.customDispatch = { fold in Thread.detachNewThread { fold() } }
        }
        options.onEvent = { events?.note($0) }
        return try GossipStore(initial: [], reducer: reducer, options: options)
    }

    @Test
    func `G22 dispatches complete while a late batch of 10,000 is replayed, and none is lost`()
        async throws
    {
        let gate = Gate()
        let reducer = Reducer<[Int], Note> { (state: inout [Int], action: Note) in
            switch action {
            case .add(let value), .secret(let value):
                if value == -5_000 { gate.pass() }
                state.append(value)
            case .fail: break
            }
        }
        let store = try store(reducer, foldsOnOwnThread: true)
        for value in 1...20 { store.dispatch(.add(value)) }
        store.dispatch(.secret(77))
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header] + (1...10_000).map { line(-$0, $0, "a") } + [sync])
        await gate.reached.until { !$0.isEmpty }

        // The replay stands in the middle, and stays there until we have dispatched.
        store.dispatch(.add(21))
        store.dispatch(.secret(78))
        store.dispatch(.add(22))
        #expect(store.state == Array(1...20) + [77, 21, 78, 22])
        // What was dispatched also leaves: nothing waits for the replay.
        #expect(peer.heard().contains { $0.contains("\"payload\":22}") })
        gate.open()

        await store.until { $0.count == 10_024 }
        let interleaved = (1...20).flatMap { [-$0, $0] }
        let expected = interleaved + [77] + (21...10_000).map { -$0 } + [21, 78, 22]
        #expect(store.state == expected)
    }

    @Test func `G22 a reducer that is replaced during a replay folds all of it`() async throws {
        let gate = Gate()
        let reducer = Reducer<[Int], Note> { (state: inout [Int], action: Note) in
            if case .add(let value) = action {
                if value == -5_000 { gate.pass() }
                state.append(value)
            }
        }
        let store = try store(reducer, foldsOnOwnThread: true)
        store.dispatch(.add(1))
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header] + (1...10_000).map { line(-$0, $0, "a") } + [sync])
        await gate.reached.until { !$0.isEmpty }
        store.replaceReducer(
            Reducer { (state: inout [Int], _: Note) in state = [(state.first ?? 0) + 1] })
        store.dispatch(.add(2))
        gate.open()
        await store.until { $0 == [10_002] }
    }

    @Test func `healing 10,000 and 10,000 after a long common history costs at most 20,064 calls`()
        async throws
    {
        let events = Journal<GossipEvent>()
        let store = try store(adding, events)
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header] + (1...5_001).map { line($0, $0, "a") } + [sync])
        await store.until { $0.count == 5_001 }
        let notified = Journal<Bool>()
        let token = store.subscribe { notified.note(true) }
        peer.leave()
        // The last peer is gone once that is folded; a dispatch of ours comes after it.
        while !store.dispatcher.isIdle { await Task.yield() }
        #expect(notified.entries.isEmpty)
        for value in 1...10_000 { store.dispatch(.add(-value)) }
        var again = RawPeer(store.dispatcher)
        try await again.say([header] + (5_002...15_001).map { line($0, $0, "a") } + [sync])
        await store.until { $0.count == 25_001 }
        await events.until { entries in
            entries.contains {
                if case .applied(let change) = $0 { change.depth > 0 } else { false }
            }
        }
        let change = try #require(events.changes.last { $0.depth > 0 })
        #expect(change.inserted == 10_000)
        #expect(change.reducerCalls <= 20_064)
        token.cancel()
    }
}
