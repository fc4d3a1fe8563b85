// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite(.timeLimit(.minutes(20))) struct HeldHistoryTests {
    @Test func `G1 a local dispatch takes the highest seen plus one, up to the ceiling`() {
        let us = Bench()
        let peer = us.live()
        us.receive([acted("A", 41)], peer)
        #expect(us.dispatch(1)?.timestamp.value == 42)
        us.receive([acted("A", 9_007_199_254_740_991)], peer)
        #expect(us.replica.value.count == 3)
        #expect(us.dispatch(2)?.timestamp.value == 43)
    }

    @Test func `G5 a history with its SYNC is applied as one batch`() {
        let us = Bench()
        let peer = us.replica.open()
        us.receive((1...100).map { acted("A", $0) }, peer)
        #expect(us.accepted.isEmpty)
        us.receive((1...100).map { acted("B", $0) }.map { .update($0) } + [.sync], peer)
        #expect(us.names.filter { $0 == "accepted" }.count == 1)
        #expect(us.accepted.count == 200)
        #expect(us.reports == [.historyReceived(peer)])
    }

    @Test func `G5 a history above the limit is applied in parts and none of it is lost`() {
        let us = Bench("US") { $0.heldUpdateLimit = 30 }
        let peer = us.replica.open()
        us.receive((1...100).map { acted("A", $0) }, peer)
        #expect(us.accepted.count == 90)
        us.receive([.sync], peer)
        #expect(us.accepted.count == 100)
    }

    @Test
    func `a peer that never says SYNC is served after a pause, and a stale timer does nothing`()
        throws
    {
        let us = Bench()
        let peer = us.replica.open()
        us.receive([acted("A", 1)], peer)
        let earlier = try #require(us.timers.first)
        #expect(earlier.milliseconds == 20)
        _ = us.take()
        us.handle(.timerFired(earlier))
        #expect(us.names == ["startTimer"], "something came since it was set")
        us.handle(.timerFired(try #require(us.timers.first)))
        #expect(us.accepted.count == 1)
        _ = us.take()
        us.handle(.timerFired(earlier))
        #expect(us.effects.isEmpty, "nothing is held")
        us.receive([acted("A", 2)], peer)
        let later = try #require(us.timers.first)
        _ = us.take()
        us.handle(.timerFired(earlier))
        #expect(us.effects.isEmpty, "it is not the timer of what is held now")
        us.handle(.timerFired(later))
        us.handle(.timerFired(try #require(us.timers.first)))
        #expect(us.accepted.count == 1)
    }

    @Test func `a pause is awaited so often and not for ever`() {
        let us = Bench()
        let peer = us.replica.open()
        var fired = 0
        us.receive([acted("A", 1)], peer)
        while us.accepted.isEmpty, fired < 100 {
            guard case .startTimer(let timer)? = us.take().last else { break }
            fired += 1
            us.handle(.timerFired(timer))
            if us.accepted.isEmpty { us.receive([acted("A", fired + 1)], peer) }
        }
        #expect(fired == us.replica.configuration.holdPauseLimit)
    }

    @Test func `what a peer sent before it left still counts`() {
        let us = Bench()
        let peer = us.replica.open()
        us.receive([acted("A", 1)], peer)
        us.handle(.closed(peer))
        #expect(us.accepted.count == 1)
    }

    @Test func `G6 a repetition is stale, another content is an equivocation of its source`() {
        let us = Bench()
        let peer = us.live()
        us.receive([acted("A", 1, 7)], peer)
        _ = us.take()
        us.receive([acted("A", 1, 7)], peer)
        #expect(us.reports == [.stale(stamp(1, "A"))])
        #expect(us.accepted.isEmpty)
        _ = us.take()
        us.receive([acted("A", 1, 8)], peer)
        #expect(us.reports == [.equivocation(stamp(1, "A"))])
        _ = us.take()
        // Through a JavaScript relay: other order of keys, an empty meta, another number text.
        let relayed = Update(
            payload: Array("{\"meta\":{},\"n\":7.0,\"type\":\"A\"}".utf8),
            timestamp: stamp(1, "A").timestamp, source: stamp(1, "A").source)
        us.receive([relayed], peer)
        #expect(us.reports == [.stale(stamp(1, "A"))])
        #expect(us.replica.value.count == 1)
    }

    @Test func `G11 historyReceived and synced come once per session, after the history`() {
        let us = Bench()
        let peer = us.replica.open()
        us.receive(
            [.digest(Digest(source: nil, vector: VersionVector())), .update(acted("A", 1)), .sync],
            peer)
        #expect(us.names.last == "report")
        #expect(us.reports == [.historyReceived(peer)])
        _ = us.said(peer)
        us.receive([.sync, .update(acted("A", 2)), .sync], peer)
        #expect(us.reports.count { $0 == .historyReceived(peer) } == 1)
        #expect(us.reports.count { $0 == .synced(peer) } == 1)
        let apply = us.names.firstIndex(of: "accepted") ?? .max
        #expect(apply < us.names.lastIndex(of: "report") ?? 0)
    }

    @Test func `G13 an unknown action is relayed byte for byte`() {
        let us = Bench()
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
        let us = Bench()
        _ = us.dispatch(1)
        _ = us.dispatch(2)
        #expect(us.replica.pendingCount == 2)
        let first = us.live()
        #expect(us.replica.pendingCount == 0)
        _ = us.dispatch(3)
        #expect(us.replica.pendingCount == 1)
        _ = us.said(first)
        #expect(us.replica.pendingCount == 0)
        us.handle(.closed(first))
        #expect(us.replica.pendingCount == 0)
        let next = us.replica.open()
        us.receive(
            [.digest(Digest(source: nil, vector: VersionVector("US@2") ?? VersionVector()))], next)
        #expect(us.replica.pendingCount == 1)
        us.receive(
            [
                .digest(
                    Digest(
                        source: nil, vector: VersionVector("US@9007199254740991") ?? VersionVector()
                    )
                )
            ], next)
        _ = us.dispatch(4)
        #expect(us.replica.pendingCount > 0, "a claim above the ceiling counts for nothing")
        _ = us.said(next)
        #expect(us.replica.pendingCount == 0)
    }

    @Test func `Q4 a hundred thousand updates in one batch are all applied, once`() {
        let us = Bench()
        let peer = us.live()
        us.receive((1...100_000).map { acted("A", $0) }, peer)
        #expect(us.accepted.count == 100_000)
        #expect(us.replica.value.count == 100_000)
    }
}
