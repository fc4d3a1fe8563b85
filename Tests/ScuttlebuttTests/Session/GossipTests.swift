// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite(.timeLimit(.minutes(20))) struct GossipTests {
    private func bench(_ name: String, _ count: Int = 0, saves: Bool = false) throws -> Bench {
        let bench = try Bench(name, UpdateLog(), saves: saves)
        for _ in 0..<count { try bench.write("1") }
        return bench
    }

    private func digest(_ text: String) throws -> Message {
        .digest(Digest(source: nil, vector: try #require(VersionVector(text))))
    }

    @Test func `Q18 what came from a peer does not go back to it`() throws {
        let us = try bench("US")
        let (a, b) = (us.replica.open(), us.replica.open())
        for peer in [a, b] {
            us.receive(try digest(""), from: peer)
            _ = us.said(peer)
        }
        us.receive(.update(update("A", 1)), from: a)
        #expect(us.said(a).isEmpty)
        #expect(us.said(b) == ["[[\"k\",1],1,\"A\"]"])
        // What the other one has by now does not go there either.
        us.receive(.update(update("A", 2)), from: a)
        us.receive(.update(update("A", 2)), from: b)
        #expect(us.said(b).isEmpty)
    }

    @Test func `an update that came before its sender's header is not echoed`() throws {
        let us = try bench("US")
        let peer = us.replica.open()
        us.receive(.update(update("A", 1)), from: peer)
        us.receive(try digest(""), from: peer)
        #expect(!us.said(peer).contains { $0.hasSuffix("\"A\"]") })
    }

    @Test
    func `Q21 a repeated header gets what its clock lacks and SYNC, and one live subscription`()
        throws
    {
        let us = try bench("US", 2)
        let peer = us.replica.open()
        us.receive(try digest(""), from: peer)
        #expect(us.said(peer).count == 4)
        us.receive(try digest("US@2"), from: peer)
        #expect(us.said(peer) == ["\"SYNC\""])
        us.receive(try digest("US@1"), from: peer)
        #expect(us.said(peer) == ["[[\"k\",1],2,\"US\"]", "\"SYNC\""])
        try us.write("1")
        #expect(us.said(peer) == ["[[\"k\",1],3,\"US\"]"])
    }

    @Test func `Q21 three headers at once are answered by one history and three SYNCs`() throws {
        let us = try bench("US", 1)
        let peer = us.replica.open()
        for _ in 0..<3 { us.receive(try digest(""), from: peer) }
        let answer = us.said(peer)
        #expect(answer.count { $0 == "\"SYNC\"" } == 3)
        #expect(answer.count { $0.hasSuffix("\"US\"]") } == 1)
    }

    @Test func `a claim of our updates above the clock ceiling hides none of them`() throws {
        let us = try bench("US", 1)
        let peer = us.replica.open()
        us.receive(try digest("US@9007199254740991"), from: peer)
        #expect(us.reports == [.ownUpdatesMissing(claimed: .maximum)])
        #expect(us.said(peer).contains("[[\"k\",1],1,\"US\"]"))
        try us.write("1")
        #expect(us.said(peer) == ["[[\"k\",1],2,\"US\"]"])
    }

    @Test func `Q9 a claim of our updates raises our clock past it`() throws {
        let us = try bench("US")
        let peer = us.replica.open()
        us.receive(try digest("US@7"), from: peer)
        us.receive(.sync, from: peer)
        try us.write("1")
        #expect(us.said(peer).contains("[[\"k\",1],8,\"US\"]"))
    }

    @Test
    func `a slow reader that falls off the recent updates gets all from the log, without a gap`()
        throws
    {
        let us = try bench("US")
        let peer = us.replica.open()
        us.receive(try digest(""), from: peer)
        _ = us.said(peer)
        var received: [String] = []
        let limit = DeltaLimit(updates: 500)
        for round in 0..<5 {
            for _ in 0..<5_000 { try us.write("1") }
            if round == 1, let outgoing = us.pull(peer, limit) {
                received += us.lines(of: outgoing)
            }
        }
        received += us.said(peer, limit)
        #expect(received == (1...25_000).map { "[[\"k\",1],\($0),\"US\"]" })
        try us.write("1")
        #expect(us.said(peer) == ["[[\"k\",1],25001,\"US\"]"])
    }

    @Test func `a stretch that came from the peer itself does not end what it is sent`() throws {
        let us = try bench("US")
        let peer = us.replica.open()
        us.receive(try digest(""), from: peer)
        _ = us.said(peer)
        for time in 1...50 { us.receive(.update(update("A", Double(time))), from: peer) }
        try us.write("1")
        #expect(us.pull(peer, DeltaLimit(updates: 3)) != nil)
    }

    @Test func `an own update is not sent, nor claimed, before it is committed`() throws {
        let us = try bench("US", saves: true)
        us.commit(try us.write("1"))
        let unsaved = try us.write("2")
        let peer = us.replica.open()
        us.receive(try digest(""), from: peer)
        #expect(
            us.said(peer, DeltaLimit(updates: 1)) == [
                "{\"id\":\"US\",\"clock\":{\"US\":1}}", "[[\"k\",1],1,\"US\"]", "\"SYNC\"",
            ])
        us.commit(unsaved)
        #expect(us.said(peer) == ["[[\"k\",2],2,\"US\"]"])
    }

    @Test func `a receive-only session ignores nothing but a send-only one ignores updates`() throws
    {
        let us = try bench("US", 1)
        let peer = us.replica.open(.sendOnly())
        us.receive(.update(update("A", 1)), from: peer)
        #expect(us.accepted.isEmpty)
        #expect(us.replica.gossip.vector.description == "US@1")
        us.receive(.sync, from: peer)
        #expect(us.pull(peer) != nil)
        #expect(us.reports.last == .synced(peer))
    }

    @Test func `level peers exchange headers and SYNC however long the log is`() throws {
        let us = try bench("US", 3_000)
        var counting = CountingValue(log: us.replica.value)
        let peer = us.replica.open()
        us.receive(try digest("US@3000"), from: peer)
        var gossip = us.replica.gossip
        _ = gossip.pull(peer, from: counting, limit: DeltaLimit(bytes: 65_536))
        #expect(counting.visited == 0)
        counting.log = UpdateLog()
    }

    @Test func `a live update is encoded once for all peers`() throws {
        let us = try bench("US")
        let peers = (0..<100).map { _ in us.replica.open() }
        for peer in peers {
            us.receive(try digest(""), from: peer)
            _ = us.said(peer)
        }
        for _ in 0..<10 { try us.write("1") }
        let stretches = Set(peers.map { us.pull($0)?.shared })
        #expect(stretches.count == 1)
        #expect(stretches.first != .some(nil))
    }

    @Test func `Q23 meta belongs to one session`() throws {
        let us = try bench("US")
        var options = SessionOptions()
        options.meta = Array("{\"v\":1}".utf8)
        let (a, b) = (us.replica.open(options), us.replica.open())
        #expect(us.said(a) == ["{\"id\":\"US\",\"clock\":{},\"meta\":{\"v\":1}}"])
        #expect(us.said(b) == ["{\"id\":\"US\",\"clock\":{}}"])
    }

    @Test func `Q19 Q20 a closed session leaves nothing and hears nothing`() throws {
        let us = try bench("US", 1)
        for _ in 0..<1_000 {
            let peer = us.replica.open()
            us.receive(try digest(""), from: peer)
            _ = us.said(peer)
            us.handle(.closed(peer))
            #expect(us.pull(peer) == nil)
            us.receive(.update(update("A", 1)), from: peer)
            #expect(us.accepted.isEmpty)
        }
        #expect(us.replica.gossip.peerCount == 0)
        #expect(us.replica.gossip.peers.isEmpty)
    }

    @Test func `Q24 an update that loses its key is relayed all the same`() throws {
        let us = try ReplicaBench("US", LastWriterMap(), saves: false)
        let (a, b) = (us.replica.open(), us.replica.open())
        for peer in [a, b] {
            us.receive(try digest(""), from: peer)
            _ = us.pull(peer)
        }
        us.receive(.update(update("B", 9, "9")), from: a)
        us.receive(.update(update("A", 1, "1")), from: a)
        #expect(us.replica.value.texts == ["[\"k\",9]"])
        let shared = try #require(us.pull(b)?.shared)
        #expect(us.replica.gossip.sharedBlock(shared).map(lines)?.count == 2)
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
