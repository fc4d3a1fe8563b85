// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import Testing

@Suite struct DispatchingTests {
    @Test func `G1 a local dispatch takes the highest seen plus one, up to the ceiling`() {
        var us = Bench()
        let peer = us.live()
        us.receive([update("A", 41)], peer)
        #expect(us.dispatch(1)?.timestamp.value == 42)
        us.receive([update("A", 9_007_199_254_740_991)], peer)
        #expect(us.machine.log.count == 3)
        #expect(us.dispatch(2)?.timestamp.value == 43)
    }

    @Test func `G5 a history with its SYNC is applied as one batch`() {
        var us = Bench()
        let peer = us.machine.open()
        us.receive((1...100).map { update("A", $0) }, peer)
        #expect(us.applied.isEmpty)
        us.receive((1...100).map { update("B", $0) }.map { .update($0) } + [.sync], peer)
        #expect(us.names.filter { $0 == "apply" }.count == 1)
        #expect(us.applied.count == 200)
        #expect(us.reports == [.historyReceived(peer)])
    }

    @Test func `G5 a history above the limit is applied in parts and none of it is lost`() {
        var us = Bench("US") { $0.heldUpdateLimit = 30 }
        let peer = us.machine.open()
        us.receive((1...100).map { update("A", $0) }, peer)
        #expect(us.applied.count == 90)
        us.receive([.sync], peer)
        #expect(us.applied.count == 100)
    }

    @Test
    func `a peer that never says SYNC is served after a pause, and a stale timer does nothing`() {
        var us = Bench()
        let peer = us.machine.open()
        us.receive([update("A", 1)], peer)
        guard case .startTimer(_, let generation, let milliseconds)? = us.take().first else {
            Issue.record("no timer")
            return
        }
        #expect(milliseconds == 20)
        us.handle(.timerFired(peer, generation: generation - 1))
        #expect(us.effects.isEmpty)
        us.handle(.timerFired(peer, generation: generation))
        #expect(us.names == ["startTimer"], "something came since it was set")
        us.handle(.timerFired(peer, generation: generation))
        #expect(us.applied.count == 1)
        _ = us.take()
        us.handle(.timerFired(peer, generation: generation))
        #expect(us.effects.isEmpty)
    }

    @Test func `a pause is awaited so often and not for ever`() {
        var us = Bench()
        let peer = us.machine.open()
        var fired = 0
        us.receive([update("A", 1)], peer)
        while us.applied.isEmpty, fired < 100 {
            guard case .startTimer(_, let generation, _)? = us.take().last else { break }
            fired += 1
            us.handle(.timerFired(peer, generation: generation))
            if us.applied.isEmpty { us.receive([update("A", fired + 1)], peer) }
        }
        #expect(fired == us.machine.configuration.holdPauseLimit)
    }

    @Test func `what a peer sent before it left still counts`() {
        var us = Bench()
        let peer = us.machine.open()
        us.receive([update("A", 1)], peer)
        us.handle(.closed(peer))
        #expect(us.applied.count == 1)
    }

    @Test func `G6 a repetition is stale, another content is an equivocation of its source`() {
        var us = Bench()
        let peer = us.live()
        us.receive([update("A", 1, 7)], peer)
        _ = us.take()
        us.receive([update("A", 1, 7)], peer)
        #expect(us.reports == [.stale(stamp(1, "A"))])
        #expect(us.applied.isEmpty)
        _ = us.take()
        us.receive([update("A", 1, 8)], peer)
        #expect(us.reports == [.equivocation(stamp(1, "A"))])
        _ = us.take()
        // Through a JavaScript relay: other order of keys, an empty meta, another number text.
        let relayed = Update(
            payload: Array("{\"meta\":{},\"n\":7.0,\"type\":\"A\"}".utf8),
            timestamp: stamp(1, "A").timestamp, source: stamp(1, "A").source)
        us.receive([relayed], peer)
        #expect(us.reports == [.stale(stamp(1, "A"))])
        #expect(us.machine.log.count == 1)
    }

    @Test func `G11 historyReceived and synced come once per session, after the history`() {
        var us = Bench()
        let peer = us.machine.open()
        us.receive(
            [.digest(Digest(source: nil, clock: VersionVector())), .update(update("A", 1)), .sync],
            peer)
        #expect(us.names.last == "report")
        #expect(us.reports == [.historyReceived(peer)])
        _ = us.said(peer)
        us.receive([.sync, .update(update("A", 2)), .sync], peer)
        #expect(us.reports.count { $0 == .historyReceived(peer) } == 1)
        #expect(us.reports.count { $0 == .synced(peer) } == 1)
        let apply = us.names.firstIndex(of: "apply") ?? .max
        #expect(apply < us.names.lastIndex(of: "report") ?? 0)
    }

    @Test func `G13 an unknown action is relayed byte for byte`() {
        var us = Bench()
        let (a, b) = (us.live(), us.live())
        let odd = Update(
            payload: Array("{ \"x\":1.50 ,\"type\":\"NEW\"}".utf8),
            timestamp: stamp(3, "A").timestamp,
            source: stamp(3, "A").source, tail: Array(", 3.0,\"A\",\"sig\"]".utf8))
        us.receive([odd], a)
        #expect(us.said(b) == ["[{ \"x\":1.50 ,\"type\":\"NEW\"}, 3.0,\"A\",\"sig\"]"])
        #expect(us.said(a).isEmpty)
    }

    @Test
    func `pending counts own actions that no link was given, and counts again what a header lacks`()
    {
        var us = Bench()
        _ = us.dispatch(1)
        _ = us.dispatch(2)
        #expect(us.machine.pendingCount == 2)
        let first = us.live()
        #expect(us.machine.pendingCount == 0)
        _ = us.dispatch(3)
        #expect(us.machine.pendingCount == 1)
        _ = us.said(first)
        #expect(us.machine.pendingCount == 0)
        us.handle(.closed(first))
        #expect(us.machine.pendingCount == 0)
        let next = us.machine.open()
        us.receive(
            [.digest(Digest(source: nil, clock: VersionVector("US@2") ?? VersionVector()))], next)
        #expect(us.machine.pendingCount == 1)
        us.receive(
            [
                .digest(
                    Digest(
                        source: nil, clock: VersionVector("US@9007199254740991") ?? VersionVector())
                )
            ], next)
        _ = us.dispatch(4)
        #expect(us.machine.pendingCount > 0, "a claim above the ceiling counts for nothing")
        _ = us.said(next)
        #expect(us.machine.pendingCount == 0)
    }

    @Test func `Q4 a hundred thousand updates in one batch are all applied, once`() {
        var us = Bench()
        let peer = us.live()
        us.receive((1...100_000).map { update("A", $0) }, peer)
        #expect(us.applied.count == 100_000)
        #expect(us.machine.log.count == 100_000)
    }
}
