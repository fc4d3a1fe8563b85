// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization
import TestSupport
import Testing

@Suite("Peers converge through a relay", .timeLimit(.minutes(20)))
struct GossipTests {
    @Test("G2: Primus, WebSocket and TCP peers and the relay end with the same history")
    func allTransports() async throws {
        try await withRelay { relay, address in
            try await withPeer(address.http) { primus in
                try await withPeer(address.ws) { socket in
                    try await withPeer(address.tcpURL) { tcp in
                        primus.dispatch("A")
                        socket.dispatch("B")
                        tcp.dispatch("C")
                        relay.store.dispatch("D")
                        let stores = [primus, socket, tcp, relay.store]
                        for store in stores { await store.reaches { $0.log.count == 4 } }
                        #expect(Set(stores.map(\.json)).count == 1)
                        let links = relay.statistics.byKind
                        #expect(links == [.primus: 1, .websocket: 1, .tcp: 1])
                    }
                }
            }
        }
    }

    @Test("A relay that dials another one is a peer of it", arguments: ["http", "ws", "tcp"])
    func twoRelays(scheme: String) async throws {
        try await withRelay { first, address in
            first.store.dispatch("A")
            let peer =
                switch scheme {
                case "http": address.http
                case "ws": address.ws
                default: address.tcpURL
                }
            try await withRelay(configure: { $0.peers = [peer] }) { second, _ in
                second.store.dispatch("B")
                await first.store.reaches { $0.log.count == 2 }
                await second.store.reaches { $0.log.count == 2 }
                #expect(first.store.json == second.store.json)
                #expect(second.statistics.byKind == [.dialled: 1])
            }
        }
    }

    @Test("G10: A thousand reconnects leak nothing")
    func reconnects() async throws {
        try await withRelay { relay, address in
            for _ in 0..<1_000 {
                try await RawConnection.run(address.tcpPort) { client in
                    _ = try await client.hears("\n")
                }
            }
            try await withPeer(address.tcpURL) { peer in
                peer.dispatch("A")
                await relay.store.reaches { $0.log.count == 1 }
            }
            // The relay notices an end a little later than we do; one that it never notices runs
            // into the time limit.
            while relay.store.swarm.openLinkCount + relay.store.status.connected
                + relay.statistics.connected > 0
            { await Task.yield() }
            #expect(relay.statistics.opened == 1_001)
        }
    }

    @Test("On shutdown the relay closes Primus links so that they reconnect")
    func shutdown() async throws {
        let client = try await withRelay { _, address in
            let (greeted, greeting) = AsyncStream<Void>.makeStream()
            let client = Task {
                try await RawConnection.run(address.port) { client in
                    _ = try await client.upgrade("/primus")
                    _ = try await client.hears("clock")
                    greeting.yield()
                    try await client.end()
                    return client.heard
                }
            }
            for await _ in greeted { break }
            return client
        }
        let heard = try await client.value
        #expect(!String(decoding: heard, as: UTF8.self).contains("primus::server::close"))
        // The last frame is a close with code 1000 or 1001.
        #expect(heard.suffix(4).first == 0x88)
    }

    @Test("The ticker dispatches STEP while a peer is connected")
    func worldActor() async throws {
        let clock = Ticks()
        let (waits, waiting) = AsyncStream<Void>.makeStream()
        let life = Ticker.life(
            every: .seconds(1),
            sleep: { _ in
                waiting.yield()
                try await clock.wait()
            })
        try await withRelay(bots: [life]) { relay, address in
            var waits = waits.makeAsyncIterator()
            await waits.next()
            // Nobody is there, so this tick is let go; the actor sleeps again then.
            clock.tick()
            await waits.next()
            #expect(relay.store.state.log.isEmpty)
            try await withPeer(address.ws) { peer in
                clock.tick()
                await peer.reaches { $0.log.count == 1 }
                #expect(peer.state.log.map(\.type) == ["STEP"])
            }
        }
    }

    @Test("G19: After a restart from SQLite state, clock and identity are the same")
    func restart() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("log.sqlite")
        func storage() throws -> SQLiteStorage {
            try SQLiteStorage.open(path, mode: .createIfMissing)
        }
        let (json, source, clock) = try await withRelay(storage: storage()) { relay, address in
            try await withPeer(address.ws) { peer in
                peer.dispatch("A")
                await relay.store.reaches { $0.log.count == 1 }
            }
            relay.store.dispatch("B")
            return (
                relay.store.json, relay.store.source,
                relay.store.dispatcher.withReplica { $0.gossip.vector }
            )
        }
        try await withRelay(storage: storage()) { relay, _ in
            #expect(relay.store.json == json)
            #expect(relay.store.source == source)
            #expect(relay.store.dispatcher.withReplica { $0.gossip.vector }.covers(clock))
            relay.store.dispatch("C")
            #expect(relay.store.state.log.map(\.type) == ["A", "B", "C"])
        }
    }
}

extension VersionVector {
    func covers(_ other: VersionVector) -> Bool {
        other.entries.allSatisfy { self[$0.source] == $0.timestamp }
    }
}
