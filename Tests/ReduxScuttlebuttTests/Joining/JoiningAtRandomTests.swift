// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import TestSupport
import Testing

@testable import ReduxScuttlebutt

@Suite("Joining at random moments", .timeLimit(.minutes(10)))
struct JoiningAtRandomTests {
    /// A peer that can be stopped and started again with what it had saved.
    private struct Peer {
        let name: String
        let storage = InMemoryStorage()
        var store: GossipStore<[Int], Note>?
        /// The local-only actions of this life.
        var locals: [Int] = []
        let events = Journal<GossipEvent>()
    }

    @Test(
        "Whatever is cut, stopped and written while peers join, all end with the fold of one log",
        arguments: UInt64(0)..<24)
    func anything(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let fixture = JoiningFixture()
        let server = try await fixture.server(400 + random.below(400))
        var peers = (0..<3).map { Peer(name: "p\($0)") }
        var value = 10_000
        for _ in 0..<30 {
            let index = random.below(peers.count)
            if peers[index].store == nil {
                // Some write before they have ever heard of anybody.
                let peer = peers[index]
                let store = try await fixture.open(
                    peer.name, peer.storage, budget: [50, 400][random.below(2)],
                    events: peer.events)
                peers[index].store = store
                for _ in 0..<random.below(3) {
                    value += 1
                    store.dispatch(random.below(5) == 0 ? .fail : .add(value))
                }
                store.connect(fixture.network.transport(to: "server"))
            }
            switch random.below(8) {
            case 0: fixture.network.cut()
            case 1:
                await peers[index].store?.shutDown()
                await peers[index].storage.reopen()
                peers[index].store = nil
                peers[index].locals = []
            case 2, 3:
                for _ in 0..<random.below(80) {
                    value += 1
                    server.dispatch(.add(value))
                }
                try await server.flush()
            case 4, 5:
                for _ in 0..<random.below(5) {
                    value += 1
                    peers[index].store?.dispatch(.add(value))
                }
                if random.below(3) == 0 {
                    value += 1
                    peers[index].locals.append(value)
                    peers[index].store?.dispatch(.secret(value))
                }
            default:
                for _ in 0..<random.below(2_000) { await Task.yield() }
            }
        }
        for index in peers.indices where peers[index].store == nil {
            let peer = peers[index]
            let store = try await fixture.open(peer.name, peer.storage, events: peer.events)
            store.connect(fixture.network.transport(to: "server"))
            peers[index].store = store
        }
        for peer in peers { await peer.store?.synced() }
        let stores = [server] + peers.compactMap(\.store)
        _ = try await until("all have everything") {
            let logs = stores.map { $0.dispatcher.withReplica { $0.gossip.vector } }
            return logs.allSatisfy { $0 == logs[0] } ? true : nil
        }
        for store in stores { try await store.flush() }
        for peer in peers {
            let expected = try await JoiningFixture.fold(peer.storage)
            let locals = Set(peer.locals)
            // Local-only actions have their places between the others.
            func isRight(_ state: [Int]) -> Bool {
                state.filter { !locals.contains($0) } == expected
                    && state.filter { locals.contains($0) } == peer.locals
            }
            _ = try? await until("the state") {
                peer.store.map { isRight($0.state) } ?? false ? true : nil
            }
            #expect(peer.store.map { isRight($0.state) } ?? false)
            #expect(expected == server.state)
            let refuted = peer.events.joins.filter(\.isRefuted)
            #expect(refuted.isEmpty, "nobody has lied")
        }
        for store in stores { await store.shutDown() }
    }
}
