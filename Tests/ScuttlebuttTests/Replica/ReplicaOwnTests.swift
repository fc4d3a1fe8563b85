// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct ReplicaOwnTests {
    /// The own updates of an earlier life.
    private let lost = (1...3).map { update("US", Double($0)) }

    @Test func `after a lost store, what is written goes out behind what comes home`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let (peer, other) = (us.replica.open(), us.replica.open())
        try us.receive(digest: "", from: other)
        _ = us.said(other)
        try us.receive(digest: "US@3", from: peer)
        #expect(us.reports == [.ownUpdatesMissing(claimed: lost[2].timestamp)])
        #expect(us.timers.map(\.milliseconds) == [2_000])
        let written = try us.write("4")
        #expect(written.timestamp.value == 4)
        us.commit(written)
        #expect(us.said(other).isEmpty, "older own ones are missing")
        for update in lost { us.receive(.update(update), from: peer) }
        #expect(
            us.said(other) == [
                "[[\"k\",1],1,\"US\"]", "[[\"k\",1],2,\"US\"]", "[[\"k\",1],3,\"US\"]",
                "[[\"k\",4],4,\"US\"]",
            ])
        #expect(us.stamps == [1, 2, 3, 4])
        #expect(us.accepted == lost)
        #expect(us.isReset)
    }

    @Test func `what comes home between two unsaved writes goes out between them`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let (peer, other) = (us.replica.open(), us.replica.open())
        try us.receive(digest: "", from: other)
        _ = us.said(other)
        let first = try us.write("1")
        try us.receive(digest: "US@1000", from: peer)
        us.receive(.update(update("US", 1_000)), from: peer)
        let second = try us.write("2")
        #expect(second.timestamp.value == 1_001)
        us.commit(first)
        us.commit(second)
        #expect(us.said(other).map { $0.split(separator: ",")[2] } == ["1", "1000", "1001"])
        #expect(us.stamps == [1, 1_000, 1_001])
    }

    @Test func `what comes home while nothing was written is taken at once`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let peer = us.replica.open()
        try us.receive(digest: "US@3", from: peer)
        us.receive(.update(lost[0]), from: peer)
        #expect(us.stamps == [1])
        us.receive(.update(lost[1]), from: peer)
        us.receive(.update(lost[2]), from: peer)
        #expect(!us.isReset)
        let written = try us.write("4")
        us.commit(written)
        #expect(us.replica.gossip.vector.description == "US@4", "nothing is missing any more")
    }

    @Test(arguments: [0, 1, 2])
    func `a claim that nothing follows holds our updates back for a bounded time`(way: Int) throws {
        let us = try ReplicaBench("US", UpdateLog())
        let (peer, other) = (us.replica.open(), us.replica.open())
        try us.receive(digest: "", from: other)
        _ = us.said(other)
        try us.receive(digest: "US@3", from: peer)
        us.commit(try us.write("4"))
        us.receive(.update(lost[0]), from: peer)
        #expect(us.said(other).isEmpty)
        switch way {
        case 0: us.receive(.sync, from: peer)
        case 1: us.handle(.closed(peer))
        default:
            let timer = try #require(us.timers.first)
            us.handle(.timerFired(timer))
        }
        #expect(us.said(other).count == 2)
        #expect(us.stamps == [1, 4])
    }

    @Test func `a timer that outlives its claim does nothing`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let peer = us.replica.open()
        try us.receive(digest: "US@3", from: peer)
        us.receive(.sync, from: peer)
        try us.receive(digest: "US@5", from: peer)
        let written = try us.write("6")
        us.commit(written)
        us.handle(.timerFired(try #require(us.timers.first)))
        #expect(us.replica.gossip.newestOwn == nil)
        us.handle(.timerFired(try #require(us.timers.last)))
        #expect(us.replica.gossip.newestOwn == written.timestamp)
    }

    @Test func `a peer that claims again and again stops being believed`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        for time in 1...40 {
            let peer = us.replica.open()
            try us.receive(digest: "US@\(time * 10)", from: peer)
            us.handle(.closed(peer))
        }
        #expect(us.timers.count == 16)
        let peer = us.replica.open()
        try us.receive(digest: "US@1000", from: peer)
        us.commit(try us.write("1"))
        #expect(us.replica.gossip.newestOwn?.value == 1_001)
    }

    @Test func `Q9 a claim above the ceiling is reported and holds nothing back`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let peer = us.replica.open()
        try us.receive(digest: "US@9007199254740991", from: peer)
        #expect(us.reports.count == 1)
        us.commit(try us.write("1"))
        #expect(us.replica.gossip.newestOwn?.value == 1)
    }

    @Test func `own updates that come while a save is under way find their place`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let peer = us.replica.open(.receiveOnly())
        us.receive(.update(update("A", 4)), from: peer)
        let written = try us.write("5")
        us.receive(.update(lost[0]), from: peer)
        us.receive(.update(update("US", 9)), from: peer)
        #expect(us.stamps == [4, 5], "they wait")
        #expect(us.replica.gossip.newestOwn == nil)
        us.commit(written)
        #expect(us.stamps == [1, 4, 5, 9])
        #expect(us.replica.gossip.vector.description == "A@4 US@9")
        #expect(try us.write("10").timestamp.value == 10)
    }

    @Test func `the same stamp comes back: ours stays`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let peer = us.replica.open(.receiveOnly())
        let first = try us.write("1")
        let second = try us.write("2")
        us.receive(.update(update("US", 1, "7")), from: peer)
        us.commit(first)
        us.commit(second)
        #expect(us.replica.value.history(since: VersionVector()) == [first, second])
        #expect(us.reports == [.equivocation(first.stamp)])
    }

    @Test func `more own updates than may wait end the session`() throws {
        let us = try ReplicaBench("US", UpdateLog(), sizeLimit: 100)
        let peer = us.replica.open()
        try us.receive(digest: "US@50", from: peer)
        us.commit(try us.write("1"))
        for time in 1...20 { us.receive(.update(update("US", Double(time))), from: peer) }
        #expect(us.closings.map(\.error.code) == [.tooManyPending])
        #expect(us.replica.gossip.vector.description == "US@51", "what had come counts")
        #expect(us.stamps.count == 14)
    }

    @Test(arguments: UInt64(0)..<200)
    func `whatever is lost and written, peers that hear of both end equal`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let us = try ReplicaBench("US", LastWriterMap())
        let them = try ReplicaBench("THEM", LastWriterMap())
        let lost = (1...20).map {
            update("US", Double($0), "\(Int.random(in: 0..<100, using: &random))")
        }
        let link = them.replica.open()
        for update in lost { them.receive(.update(update), from: link) }
        let (here, there) = (us.replica.open(), them.replica.open())
        var toUs: [Message] = []
        var decoder = LineDecoder(wire: us.replica.gossip.wire)
        try them.receive(digest: "", from: there)
        for line in them.said(there) {
            if case .message(let message) = try decoder.decode(Array(line.utf8)) {
                toUs.append(message)
            }
        }
        var waiting: [Update] = []
        for message in toUs {
            us.receive(message, from: here)
            if Int.random(in: 0..<4, using: &random) == 0 {
                waiting.append(try us.write("\(Int.random(in: 0..<100, using: &random))"))
            }
            while !waiting.isEmpty, Bool.random(using: &random) { us.commit(waiting.removeFirst()) }
        }
        for update in waiting { us.commit(update) }
        try us.receive(digest: them.replica.gossip.vector.description, from: here)
        for line in us.said(here) {
            if case .message(let message) = try decoder.decode(Array(line.utf8)) {
                them.receive(message, from: there)
            }
        }
        #expect(us.replica.value.texts == them.replica.value.texts)
        #expect(us.replica.gossip.vector == them.replica.gossip.vector)
    }
}
