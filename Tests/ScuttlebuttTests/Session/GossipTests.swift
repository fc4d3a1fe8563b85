// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite struct GossipTests {
    typealias Peer = Replica<UpdateLog, LamportGenerator>

    private func replica(_ name: String, _ count: Int = 0) throws -> Peer {
        var replica = Replica(
            UpdateLog(), source: try #require(Source(name)), wire: ClassicWire(rules: .upstream),
            generator: LamportGenerator())
        for _ in 0..<count { try write(&replica) }
        return replica
    }

    private func write(_ replica: inout Peer, _ payload: String = "[\"k\",1]") throws {
        let update = replica.write(Array(payload.utf8), wallClock: 0)
        replica.commit(try #require(update))
    }

    private func said(_ replica: inout Peer, _ peer: PeerID, _ limit: DeltaLimit = .unlimited)
        -> [String]
    {
        var result: [String] = []
        while let (outgoing, _) = replica.pull(peer, limit: limit) {
            let block = outgoing.shared.flatMap { replica.gossip.sharedBlock($0) } ?? outgoing.block
            result += lines(block)
        }
        return result
    }

    private func digest(_ text: String) throws -> Message {
        .digest(Digest(source: nil, clock: try #require(VersionVector(text))))
    }

    @Test func `Q18 what came from a peer does not go back to it`() throws {
        var us = try replica("US")
        let (a, b) = (us.open(), us.open())
        for peer in [a, b] {
            _ = us.receive(try digest(""), from: peer)
            _ = said(&us, peer)
        }
        _ = us.receive(.update(update("A", 1)), from: a)
        #expect(said(&us, a).isEmpty)
        #expect(said(&us, b) == ["[[\"k\",1],1,\"A\"]"])
        // What the other one has by now does not go there either.
        _ = us.receive(.update(update("A", 2)), from: a)
        _ = us.receive(.update(update("A", 2)), from: b)
        #expect(said(&us, b).isEmpty)
    }

    @Test func `an update that came before its sender's header is not echoed`() throws {
        var us = try replica("US")
        let peer = us.open()
        _ = us.receive(.update(update("A", 1)), from: peer)
        _ = us.receive(try digest(""), from: peer)
        #expect(!said(&us, peer).contains { $0.hasSuffix("\"A\"]") })
    }

    @Test
    func `Q21 a repeated header gets what its clock lacks and SYNC, and one live subscription`()
        throws
    {
        var us = try replica("US", 2)
        let peer = us.open()
        _ = us.receive(try digest(""), from: peer)
        #expect(said(&us, peer).count == 4)
        _ = us.receive(try digest("US@2"), from: peer)
        #expect(said(&us, peer) == ["\"SYNC\""])
        _ = us.receive(try digest("US@1"), from: peer)
        #expect(said(&us, peer) == ["[[\"k\",1],2,\"US\"]", "\"SYNC\""])
        try write(&us)
        #expect(said(&us, peer) == ["[[\"k\",1],3,\"US\"]"])
    }

    @Test func `Q21 three headers at once are answered by one history and three SYNCs`() throws {
        var us = try replica("US", 1)
        let peer = us.open()
        for _ in 0..<3 { _ = us.receive(try digest(""), from: peer) }
        let answer = said(&us, peer)
        #expect(answer.count { $0 == "\"SYNC\"" } == 3)
        #expect(answer.count { $0.hasSuffix("\"US\"]") } == 1)
    }

    @Test func `a claim of our updates above the clock ceiling hides none of them`() throws {
        var us = try replica("US", 1)
        let peer = us.open()
        let reports = us.receive(try digest("US@9007199254740991"), from: peer).reports
        #expect(reports == [.ownUpdatesMissing(claimed: .maximum)])
        #expect(said(&us, peer).contains("[[\"k\",1],1,\"US\"]"))
        try write(&us)
        #expect(said(&us, peer) == ["[[\"k\",1],2,\"US\"]"])
    }

    @Test func `Q9 a claim of our updates raises our clock past it`() throws {
        var us = try replica("US")
        let peer = us.open()
        _ = us.receive(try digest("US@7"), from: peer)
        _ = us.receive(.sync, from: peer)
        try write(&us)
        #expect(said(&us, peer).contains("[[\"k\",1],8,\"US\"]"))
    }

    @Test
    func `a slow reader that falls off the recent updates gets all from the log, without a gap`()
        throws
    {
        var us = try replica("US")
        let peer = us.open()
        _ = us.receive(try digest(""), from: peer)
        _ = said(&us, peer)
        var received: [String] = []
        let limit = DeltaLimit(updates: 500)
        for round in 0..<5 {
            for _ in 0..<5_000 { try write(&us) }
            if round == 1, let (outgoing, _) = us.pull(peer, limit: limit) {
                let block = outgoing.shared.flatMap { us.gossip.sharedBlock($0) } ?? outgoing.block
                received += lines(block)
            }
        }
        received += said(&us, peer, limit)
        #expect(received == (1...25_000).map { "[[\"k\",1],\($0),\"US\"]" })
        try write(&us)
        #expect(said(&us, peer) == ["[[\"k\",1],25001,\"US\"]"])
    }

    @Test func `a stretch that came from the peer itself does not end what it is sent`() throws {
        var us = try replica("US")
        let peer = us.open()
        _ = us.receive(try digest(""), from: peer)
        _ = said(&us, peer)
        for time in 1...50 { _ = us.receive(.update(update("A", Double(time))), from: peer) }
        try write(&us)
        let pulled = us.pull(peer, limit: DeltaLimit(updates: 3))
        #expect(pulled != nil)
    }

    @Test func `an own update is not sent, nor claimed, before it is committed`() throws {
        var us = try replica("US", 1)
        let written = us.write(Array("[\"k\",2]".utf8), wallClock: 0)
        let unsaved = try #require(written)
        let peer = us.open()
        _ = us.receive(try digest(""), from: peer)
        #expect(
            said(&us, peer, DeltaLimit(updates: 1)) == [
                "{\"id\":\"US\",\"clock\":{\"US\":1}}", "[[\"k\",1],1,\"US\"]", "\"SYNC\"",
            ])
        us.commit(unsaved)
        #expect(said(&us, peer) == ["[[\"k\",2],2,\"US\"]"])
    }

    @Test func `a receive-only session ignores nothing but a send-only one ignores updates`() throws
    {
        var us = try replica("US", 1)
        let peer = us.open(.sendOnly())
        let accepted = us.receive(.update(update("A", 1)), from: peer).accepted
        #expect(accepted.isEmpty)
        #expect(us.gossip.vector.description == "US@1")
        _ = us.receive(.sync, from: peer)
        let pulled = us.pull(peer, limit: .unlimited)
        #expect(pulled?.1 == [.synced(peer)])
    }

    @Test func `level peers exchange headers and SYNC however long the log is`() throws {
        var us = try replica("US", 3_000)
        var counting = CountingValue(log: us.value)
        let peer = us.open()
        _ = us.receive(try digest("US@3000"), from: peer)
        var gossip = us.gossip
        _ = gossip.pull(peer, from: counting, limit: DeltaLimit(bytes: 65_536))
        #expect(counting.visited == 0)
        counting.log = UpdateLog()
    }

    @Test func `a live update is encoded once for all peers`() throws {
        var us = try replica("US")
        let peers = (0..<100).map { _ in us.open() }
        for peer in peers {
            _ = us.receive(try digest(""), from: peer)
            _ = said(&us, peer)
        }
        for _ in 0..<10 { try write(&us) }
        let stretches = Set(peers.map { us.pull($0, limit: .unlimited)?.0.shared })
        #expect(stretches.count == 1)
        #expect(stretches.first != .some(nil))
    }

    @Test func `Q23 meta belongs to one session`() throws {
        var us = try replica("US")
        var options = SessionOptions()
        options.meta = Array("{\"v\":1}".utf8)
        let (a, b) = (us.open(options), us.open())
        #expect(said(&us, a) == ["{\"id\":\"US\",\"clock\":{},\"meta\":{\"v\":1}}"])
        #expect(said(&us, b) == ["{\"id\":\"US\",\"clock\":{}}"])
    }

    @Test func `Q19 Q20 a closed session leaves nothing and hears nothing`() throws {
        var us = try replica("US", 1)
        for _ in 0..<1_000 {
            let peer = us.open()
            _ = us.receive(try digest(""), from: peer)
            _ = said(&us, peer)
            us.close(peer)
            let pulled = us.pull(peer, limit: .unlimited)
            #expect(pulled == nil)
            let accepted = us.receive(.update(update("A", 1)), from: peer).accepted
            #expect(accepted.isEmpty)
        }
        #expect(us.gossip.peerCount == 0)
        #expect(us.gossip.peers.isEmpty)
    }

    @Test func `Q24 an update that loses its key is relayed all the same`() throws {
        var us = Replica(
            LastWriterMap(), source: try #require(Source("US")),
            wire: ClassicWire(rules: .upstream),
            generator: LamportGenerator())
        let (a, b) = (us.open(), us.open())
        for peer in [a, b] {
            _ = us.receive(try digest(""), from: peer)
            _ = us.pull(peer, limit: .unlimited)
        }
        _ = us.receive(.update(update("B", 9, "9")), from: a)
        _ = us.receive(.update(update("A", 1, "1")), from: a)
        #expect(us.value.texts == ["[\"k\",9]"])
        let pulled = us.pull(b, limit: .unlimited)
        let shared = try #require(pulled?.0.shared)
        #expect(us.gossip.sharedBlock(shared).map(lines)?.count == 2)
    }
}

/// Counts the updates that it hands out.
private struct CountingValue: Replicated {
    var log: UpdateLog
    var visited: Int { log.delta(since: log.vector).count }

    func history(since known: VersionVector) -> [Update] {
        Issue.record("a level handshake looked through the history")
        return log.history(since: known)
    }
    func delta(since known: VersionVector, limit: DeltaLimit) -> [Update] {
        let delta = log.delta(since: known, limit: limit)
        #expect(delta.isEmpty)
        return delta
    }
    mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
        log.apply(update, changes: &changes)
    }

    var retainedByteCount: Int { log.byteCount }
}
