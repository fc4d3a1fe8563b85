// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// What `"PING"` and `"PONG"` say, and when an own write counts as confirmed.
@Suite("Probes", .timeLimit(.minutes(20))) struct ProbeTests {
    private typealias Bench = ReplicaBench<UpdateLog>

    private func dialler() throws -> (Bench, PeerID) {
        let us = try Bench("US", UpdateLog(), saves: false)
        var options = SessionOptions()
        options.probing = .fromStart
        return (us, us.replica.open(options))
    }

    @Test func `who dials asks before its header, and nothing more until it is answered`() throws {
        let (us, peer) = try dialler()
        #expect(us.said(peer) == ["\"PING\"", "{\"id\":\"US\",\"clock\":{}}"])
        try us.write("1")
        try us.receive(digest: "", from: peer)
        #expect(us.said(peer) == ["[[\"k\",1],1,\"US\"]", "\"SYNC\""])
    }

    @Test func `who listens says nothing but its protocol until it is asked`() throws {
        let us = try Bench("US", UpdateLog(), saves: false)
        let peer = us.replica.open()
        try us.write("1")
        try us.receive(digest: "", from: peer)
        #expect(!us.said(peer).contains("\"PING\""))
        #expect(us.replica.pendingCount == 0, "an original confirms nothing")
        us.receive(.probe, from: peer)
        #expect(us.said(peer) == ["\"PONG\""])
        try us.write("2")
        #expect(us.said(peer) == ["[[\"k\",2],2,\"US\"]", "\"PING\""])
    }

    @Test func `an own write is pending until the peer confirms it`() throws {
        let (us, peer) = try dialler()
        _ = us.said(peer)
        try us.receive(digest: "", from: peer)
        us.receive([.probeAnswer, .sync], peer)
        _ = us.said(peer)
        try us.write("1")
        #expect(us.replica.pendingCount == 1, "written")
        #expect(us.said(peer) == ["[[\"k\",1],1,\"US\"]", "\"PING\""])
        #expect(us.replica.pendingCount == 1, "sent")
        try us.write("2")
        #expect(us.said(peer) == ["[[\"k\",2],2,\"US\"]"], "one probe at a time")
        us.receive(.probeAnswer, from: peer)
        #expect(us.replica.pendingCount == 1, "the answer is about what was sent before the probe")
        #expect(us.said(peer) == ["\"PING\""])
        us.receive(.probeAnswer, from: peer)
        #expect(us.replica.pendingCount == 0)
        #expect(us.said(peer) == [])
    }

    @Test func `what a lost connection did not confirm stays pending`() throws {
        let (us, peer) = try dialler()
        _ = us.said(peer)
        try us.receive(digest: "", from: peer)
        us.receive([.probeAnswer, .sync], peer)
        try us.write("1")
        _ = us.said(peer)
        us.handle(.closed(peer))
        #expect(us.replica.pendingCount == 1)
    }

    @Test func `a peer that says SYNC without an answer is an original: sending must do`() throws {
        let (us, peer) = try dialler()
        _ = us.said(peer)
        try us.write("1")
        try us.receive(digest: "", from: peer)
        _ = us.said(peer)
        #expect(us.replica.pendingCount == 1)
        us.receive(.sync, from: peer)
        #expect(us.replica.pendingCount == 0)
        try us.write("2")
        #expect(us.said(peer) == ["[[\"k\",2],2,\"US\"]"], "it is not asked again")
        #expect(us.replica.pendingCount == 0)
    }

    @Test func `a header and an echo confirm too, and a header can take it back`() throws {
        let (us, peer) = try dialler()
        let first = try us.write("1")
        try us.write("2")
        try us.receive(digest: "US@1", from: peer)
        #expect(us.replica.pendingCount == 1)
        try us.receive(digest: "", from: peer)
        #expect(us.replica.pendingCount == 2, "it lost its log")
        us.receive([first], peer)
        #expect(us.replica.pendingCount == 1)
    }

    @Test func `an answer to nothing confirms nothing`() throws {
        let us = try Bench("US", UpdateLog(), saves: false)
        let peer = us.replica.open()
        us.receive(.probe, from: peer)
        try us.write("1")
        us.receive([.probeAnswer, .probeAnswer], peer)
        try us.receive(digest: "", from: peer)
        #expect(us.replica.pendingCount == 1)
    }

    @Test func `a flood of probes is answered within a bound`() throws {
        let us = try Bench("US", UpdateLog(), saves: false)
        let peer = us.replica.open()
        us.receive(Array(repeating: .probe, count: 100_000), peer)
        #expect(us.said(peer).count { $0 == "\"PONG\"" } == 16)
    }

    @Test func `a sign of life can be asked for at any time, once at a time`() throws {
        let (us, peer) = try dialler()
        _ = us.said(peer)
        #expect(us.replica.requestProbe(of: peer, into: &us.effects), "it owes us a SYNC")
        #expect(us.said(peer) == [], "the first is unanswered")
        us.receive(.probeAnswer, from: peer)
        #expect(us.said(peer) == ["\"PING\""], "it was asked for meanwhile")
        #expect(us.replica.requestProbe(of: peer, into: &us.effects))
        us.handle(.closed(peer))
        #expect(!us.replica.requestProbe(of: peer, into: &us.effects))
    }

    @Test func `an original that dialled us is not asked, however silent it is`() throws {
        let us = try Bench("US", UpdateLog(), saves: false)
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        us.receive(.sync, from: peer)
        _ = us.said(peer)
        #expect(!us.replica.requestProbe(of: peer, into: &us.effects))
        #expect(us.said(peer) == [])
    }

    @Test func `only an original that has said SYNC may be silent`() throws {
        let (us, peer) = try dialler()
        #expect(!us.replica.requestProbe(of: peer, into: &us.effects), "it has no header yet")
        _ = us.said(peer)
        try us.receive(digest: "", from: peer)
        #expect(us.replica.requestProbe(of: peer, into: &us.effects))
        us.receive(.sync, from: peer)
        #expect(!us.replica.requestProbe(of: peer, into: &us.effects))
    }
}
