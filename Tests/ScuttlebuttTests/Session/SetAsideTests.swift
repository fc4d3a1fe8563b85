// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// What becomes of an own update that a peer does not take.
@Suite("Updates that a peer does not take", .timeLimit(.minutes(20)))
struct SetAsideTests {
    private func refusingBench() throws -> (Bench, PeerID) {
        let us = Bench { $0.verifies = true }
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        us.receive(.sync, from: peer)
        return (us, peer)
    }

    @Test func `a peer that asks hears which of its updates was refused, before the answer`()
        throws
    {
        let (us, peer) = try refusingBench()
        us.receive(.probe, from: peer)
        _ = us.said(peer)
        us.receive([Message.update(update("A", 1))], peer)
        us.verdict(.refused("no"))
        us.receive(.probe, from: peer)
        #expect(us.said(peer).suffix(2) == ["\"REFUSED 1 A\"", "\"PONG\""])
    }

    @Test func `a peer whose stamp was used for another update hears that its own is not taken`() {
        let us = Bench("US")
        let (first, second) = (us.live(), us.live())
        us.receive([acted("A", 1, 1)], first)
        us.receive(.probe, from: second)
        us.receive([acted("A", 1, 2)], second)
        #expect(us.reports.contains(.equivocation(stamp(1, "A"))))
        #expect(us.said(second).contains("\"REFUSED 1 A\""))
    }

    @Test func `an original hears nothing of it`() throws {
        let (us, peer) = try refusingBench()
        _ = us.said(peer)
        us.receive([Message.update(update("A", 1))], peer)
        us.verdict(.refused("no"))
        #expect(us.reports.contains { if case .refused = $0 { true } else { false } })
        #expect(us.said(peer) == [])
    }

    @Test func `an own update that a peer refuses is set aside once, and later ones count`() throws
    {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        us.receive([.probe, .sync], peer)
        let refused = try us.write("1")
        _ = us.said(peer)
        us.receive([.refusal(refused.stamp), .refusal(refused.stamp), .probeAnswer], peer)
        #expect(us.replica.setAsideCount == 1)
        #expect(us.reports.count { $0 == .setAside(refused.stamp, by: peer) } == 1)
        #expect(us.replica.pendingCount == 0)
    }

    @Test func `a refusal of what we have not written says nothing`() throws {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        let peer = us.replica.open()
        us.receive(
            [.refusal(update("US", 9).stamp), .refusal(update("B", 1).stamp)], peer)
        #expect(us.replica.setAsideCount == 0)
        #expect(us.effects.isEmpty)
    }

    @Test(arguments: [false, true])
    func `what is too long for a peer is left out, from history and live`(isLive: Bool) throws {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        var options = SessionOptions()
        options.longestLine = 40
        let peer = us.replica.open(options)
        if isLive {
            try us.receive(digest: "", from: peer)
            _ = us.said(peer)
        }
        try us.write("1")
        let long = try us.write("\"\(String(repeating: "x", count: 40))\"")
        try us.write("3")
        if !isLive { try us.receive(digest: "", from: peer) }
        let said = us.said(peer).filter { $0.hasPrefix("[") }
        #expect(said == ["[[\"k\",1],1,\"US\"]", "[[\"k\",3],3,\"US\"]"])
        #expect(us.reports.contains(.setAside(long.stamp, by: peer)))
        #expect(us.replica.pendingCount == 0)
    }

    @Test func `many long ones in a row hide nothing that follows`() throws {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        for _ in 1...50 { try us.write("\"\(String(repeating: "x", count: 40))\"") }
        try us.write("51")
        var options = SessionOptions()
        options.longestLine = 40
        let peer = us.replica.open(options)
        try us.receive(digest: "", from: peer)
        let said = us.said(peer, DeltaLimit(updates: 2))
        #expect(said.suffix(2) == ["[[\"k\",51],51,\"US\"]", "\"SYNC\""])
        #expect(us.replica.setAsideCount == 50)
        #expect(us.replica.pendingCount == 0)
    }

    @Test func `a last one that is too long is not pending for ever`() throws {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        var options = SessionOptions()
        options.longestLine = 40
        options.probing = .fromStart
        let peer = us.replica.open(options)
        _ = us.said(peer)
        try us.receive(digest: "", from: peer)
        us.receive([.probeAnswer, .sync], peer)
        _ = us.said(peer)
        try us.write("\"\(String(repeating: "x", count: 40))\"")
        #expect(us.said(peer) == ["\"PING\""])
        us.receive(.probeAnswer, from: peer)
        #expect(us.replica.pendingCount == 0)
        #expect(us.replica.setAsideCount == 1)
    }

    @Test func `all of many refusals are told`() throws {
        let (us, peer) = try refusingBench()
        us.receive(.probe, from: peer)
        _ = us.said(peer)
        let stamps = (1...5_000).map { update("A", Double($0)).stamp }
        us.handle(
            .received(
                peer,
                stamps.map { IncomingLine(.refused(Refusal(.depth, "too deep", stamp: $0))) }))
        us.receive(.probe, from: peer)
        let said = us.said(peer)
        #expect(said.count == 5_001)
        #expect(said.last == "\"PONG\"")
    }

    @Test func `refusals leave in slices, and the answer behind the last`() throws {
        let (us, peer) = try refusingBench()
        us.receive(.probe, from: peer)
        _ = us.said(peer)
        let lines = (1...10).map { number in
            let stamp = update("A", Double(number)).stamp
            return IncomingLine(.refused(Refusal(.depth, "too deep", stamp: stamp)))
        }
        us.handle(.received(peer, lines))
        us.receive(.probe, from: peer)
        var slices: [Int] = []
        while let outgoing = us.pull(peer, DeltaLimit(updates: 4)) {
            slices.append(us.lines(of: outgoing).count)
        }
        #expect(slices == [4, 4, 3])
    }

    @Test func `refusals that could not be told are not confirmed either`() throws {
        let (us, peer) = try refusingBench()
        us.receive(.probe, from: peer)
        _ = us.said(peer)
        let refusal = Refusal(.depth, "too deep", stamp: update("A", 1).stamp)
        let line = IncomingLine(.refused(refusal))
        us.handle(.received(peer, Array(repeating: line, count: 70_000)))
        us.receive(.probe, from: peer)
        #expect(!us.said(peer).contains("\"PONG\""))
    }

    @Test(arguments: [false, true])
    func `of another source nothing is sent from the long update on`(isLive: Bool) throws {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        var options = SessionOptions()
        options.longestLine = 40
        let (peer, writer) = (us.replica.open(options), us.replica.open())
        if isLive {
            try us.receive(digest: "", from: peer)
            _ = us.said(peer)
        }
        let long = Update(
            payload: Array("\"\(String(repeating: "x", count: 60))\"".utf8),
            timestamp: update("A", 2).timestamp, source: update("A", 2).source)
        us.receive([update("A", 1), long, update("A", 3), update("B", 1)], writer)
        if !isLive { try us.receive(digest: "", from: peer) }
        let said = us.said(peer).filter { $0.hasPrefix("[") }
        #expect(said.count == 2)
        #expect(said.allSatisfy { $0.hasSuffix(",1,\"A\"]") || $0.hasSuffix(",1,\"B\"]") })
        #expect(us.replica.setAsideCount == 0)
    }

    @Test(arguments: [
        "REFUSED", "REFUSED ", "REFUSED 1", "REFUSED 0 A", "REFUSED -1 A", "REFUSED x A",
    ])
    func `a malformed refusal means nothing`(text: String) throws {
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        #expect(try decoder.decode(Array("\"\(text)\"".utf8)) == .ignored)
    }

    @Test(arguments: ["A", "a b", "\u{1F600}", "\"\\\n"])
    func `a refusal survives the wire, whatever the source is called`(name: String) throws {
        let stamp = Stamp(
            timestamp: try #require(Timestamp(1_795_234_551_402.001)),
            source: try #require(Source(name)))
        var block = WireBlock()
        ClassicWire(rules: .fork).appendRefusal(of: stamp, to: &block)
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        #expect(try decoder.decode(block.bytes.dropLast()) == .message(.refusal(stamp)))
    }
}

extension LineDecoder {
    fileprivate mutating func decode(_ line: ArraySlice<UInt8>) throws -> DecodedLine {
        try decode(Array(line))
    }
}
