// SPDX-License-Identifier: MIT

import Testing

@testable import Scuttlebutt

/// Who is here, as one replica tells it and hears it.
@Suite("Presence", .timeLimit(.minutes(5))) struct PresenceTests {
    private let ada = #"{"name":"Ada"}"#
    private let bob = #"{"name":"Bob"}"#

    // MARK: Our own

    @Test func `what we say of ourselves is told at once to a peer that understands`() throws {
        let us = Bench()
        let peer = us.understanding()
        try us.present(ada)
        #expect(us.said(peer) == [here("US", ada, 1_000)])
        #expect(us.said(peer) == [], "once")
    }

    @Test func `an original hears nothing but its own protocol`() throws {
        let us = Bench()
        let peer = us.live()
        try us.present(ada)
        #expect(us.said(peer) == [])
        #expect(us.names.filter { $0 == "wake" } == [])
        us.receive(.probe, from: peer)
        #expect(us.said(peer) == ["\"PONG\"", here("US", ada, 1_000)], "it was none")
    }

    @Test func `a peer that tells who is here is told too, without any probe`() throws {
        let us = Bench()
        let peer = us.live()
        try us.present(ada)
        us.effects = []
        us.receive(line: here("B", bob, 5), from: peer)
        #expect(us.names.contains("wake"))
        #expect(us.said(peer) == [here("US", ada, 1_000)])
    }

    @Test func `who joins is told who is here, and no header is late for it`() throws {
        let us = Bench()
        let first = us.understanding()
        us.receive(line: here("B", bob, 5), from: first)
        try us.present(ada)
        let second = us.replica.open()
        us.receive(.probe, from: second)
        #expect(
            us.said(second) == [
                "\"PONG\"", "{\"id\":\"US\",\"clock\":{}}", here("B", bob, 5),
                here("US", ada, 1_000),
            ])
    }

    @Test func `news is not sent back to the peer that brought it`() {
        let us = Bench()
        let (first, second) = (us.understanding(), us.understanding())
        us.receive(line: here("B", bob, 5), from: first)
        #expect(us.said(first) == [])
        #expect(us.said(second) == [here("B", bob, 5)])
    }

    @Test func `what changes often is coalesced: each round brings the newest value`() throws {
        let us = Bench()
        let peer = us.understanding()
        try us.present(#"{"n":0}"#)
        #expect(us.said(peer).count == 1)
        for n in 1...50 { try us.present("{\"n\":\(n)}") }
        #expect(us.said(peer) == [], "the round is not over")
        us.endRound()
        #expect(us.said(peer) == [here("US", #"{"n":50}"#, 1_050)])
        us.endRound()
        #expect(us.said(peer) == [])
        #expect(us.runningTimers == ["second"], "nobody waits for another round")
    }

    @Test func `a value that is set again is told again once a second`() throws {
        let us = Bench()
        let peer = us.understanding()
        for _ in 0..<3 { try us.present(ada) }
        us.endRound()
        #expect(us.said(peer).count == 1)
        us.tick()
        try us.present(ada)
        us.endRound()
        #expect(us.said(peer).count == 1)
    }

    @Test func `it is repeated three times in its lifetime`() throws {
        let us = Bench()
        let peer = us.understanding()
        try us.present(ada, lifetime: 9)
        #expect(us.said(peer) == [here("US", ada, 1_000, 9)])
        for second in 1...9 {
            us.tick()
            us.endRound()
            let expected =
                second % 3 == 0 ? [here("US", ada, 1_000 + second / 3, 9)] : []
            #expect(us.said(peer) == expected, "second \(second)")
        }
    }

    @Test func `who leaves says so at once, and then nothing more`() throws {
        let us = Bench()
        let peer = us.understanding()
        try us.present(ada, lifetime: 3)
        _ = us.said(peer)
        us.endRound()
        try us.present(nil)
        #expect(us.said(peer) == [#""GONE 1001 3 US""#])
        for _ in 0..<20 { us.tick() }
        us.endRound()
        #expect(us.said(peer) == [])
        #expect(us.runningTimers == [], "and nothing is counted any longer")
    }

    @Test func `without a presence no timer runs, and nothing is said`() throws {
        let us = Bench()
        let peer = us.understanding()
        _ = us.dispatch(1)
        _ = us.said(peer)
        try us.present(nil)
        #expect(us.said(peer) == [])
        #expect(us.timers.isEmpty)
    }

    @Test(arguments: ["[]", "1", "{", "", "{}{}"])
    func `what is no JSON object is refused, and nothing changes`(value: String) throws {
        let us = Bench()
        let peer = us.understanding()
        #expect(throws: ReplicaError.self) { try us.present(value) }
        #expect(us.said(peer) == [])
        #expect(us.replica.gossip.presence.ownNews == nil)
    }

    @Test(arguments: [2, 3_601, 0, -1, Int.max])
    func `a lifetime outside of 3 to 3,600 seconds is refused`(seconds: Int) {
        let us = Bench()
        #expect(throws: ReplicaError.self) { try us.present(ada, lifetime: seconds) }
    }

    @Test(arguments: [0, -5, .nan, .infinity, 1e300] as [Double])
    func `a clock that is wrong does not silence us`(clock: Double) throws {
        let us = Bench()
        let peer = us.understanding()
        try us.present(ada, wallClock: clock)
        #expect(us.said(peer) == [here("US", ada, 1)])
    }

    // MARK: Others

    @Test func `others are here until they leave`() {
        let us = Bench()
        let peer = us.understanding()
        us.receive(line: here("B", bob, 5), from: peer)
        us.receive(line: here("C", "{}", 9), from: peer)
        #expect(us.here == ["B": bob, "C": "{}"])
        us.receive(line: #""GONE 6 30 B""#, from: peer)
        #expect(us.here == ["C": "{}"])
        #expect(us.presences == [["B"], ["C"], ["B"]])
    }

    @Test func `older news of a source is ignored, and so is the same again`() {
        let us = Bench()
        let (first, second) = (us.understanding(), us.understanding())
        us.receive(line: here("B", bob, 5), from: first)
        _ = us.said(second)
        us.endRound()
        us.effects = []
        for sequence in [5, 4, 1] {
            us.receive(line: here("B", ada, sequence), from: first)
            us.receive(line: here("B", ada, sequence), from: second)
        }
        us.receive(line: #""GONE 4 30 B""#, from: second)
        #expect(us.here == ["B": bob])
        #expect(us.presences == [])
        #expect(us.said(first) + us.said(second) == [])
    }

    @Test func `a heartbeat is passed on and is no change`() {
        let us = Bench()
        let (first, second) = (us.understanding(), us.understanding())
        us.receive(line: here("B", bob, 5), from: first)
        _ = us.said(second)
        us.endRound()
        us.effects = []
        us.receive(line: here("B", bob, 6), from: first)
        #expect(us.said(second) == [here("B", bob, 6)])
        #expect(us.presences == [])
    }

    @Test func `who falls silent is gone after its lifetime`() {
        let us = Bench()
        let peer = us.understanding()
        us.receive(line: here("B", bob, 5, 4), from: peer)
        us.handle(.closed(peer))
        for _ in 1...3 { us.tick() }
        #expect(us.here == ["B": bob])
        us.tick()
        #expect(us.here == [:])
        #expect(us.presences == [["B"], ["B"]])
    }

    @Test func `what expired is not told, and an old copy of it brings nobody back`() {
        let us = Bench()
        let peer = us.understanding()
        us.receive(line: here("B", bob, 5, 2), from: peer)
        for _ in 1...2 { us.tick() }
        let late = us.understanding()
        #expect(us.said(late) == [])
        us.receive(line: here("B", bob, 5, 1), from: late)
        #expect(us.here == [:])
        us.receive(line: here("B", bob, 6, 1), from: late)
        #expect(us.here == ["B": bob], "it was only silent")
    }

    @Test func `who joins hears for how long the news still holds`() {
        let us = Bench()
        let peer = us.understanding()
        us.receive(line: here("B", bob, 5, 10), from: peer)
        for _ in 1...4 { us.tick() }
        let late = us.understanding()
        #expect(us.said(late) == [here("B", bob, 5, 6)])
    }

    @Test func `that somebody has left is remembered as long as the news could have held`() {
        let us = Bench()
        let (first, second) = (us.understanding(), us.understanding())
        us.receive(line: #""GONE 6 10 B""#, from: first)
        us.receive(line: here("B", bob, 5, 10), from: second)
        #expect(us.here == [:], "GONE overtook it on another way")
        #expect(us.said(second) == [#""GONE 6 10 B""#])
        for _ in 1...20 { us.tick() }
        #expect(us.runningTimers == ["round"], "forgotten in the end")
    }

    @Test func `a presence comes over a session of any speed, but not over one that takes nothing`()
    {
        let us = Bench()
        let peer = us.replica.open(.sendOnly())
        us.receive(line: here("B", bob, 5), from: peer)
        #expect(us.here == [:])
    }

    // MARK: Our name

    @Test func `nobody sets our own presence`() throws {
        let us = Bench()
        let (first, second) = (us.understanding(), us.understanding())
        try us.present(ada)
        _ = (us.said(first), us.said(second))
        us.endRound()
        us.receive(line: here("US", bob, 5_000), from: first)
        us.receive(line: #""GONE 6000 30 US""#, from: first)
        #expect(us.replica.gossip.presence.ownNews?.value == Array(ada.utf8))
        #expect(us.here == [:])
        us.tick()
        #expect(us.said(first) == [here("US", ada, 6_001)])
        #expect(us.said(second) == [here("US", ada, 6_001)])
    }

    @Test func `whoever claims that we are here is corrected, though we never use presence`() {
        let us = Bench()
        let (first, second) = (us.understanding(), us.understanding())
        us.receive(line: here("US", bob, 50, 9), from: first)
        #expect(us.said(first) + us.said(second) == [], "not before the next second")
        us.tick()
        #expect(us.said(first) == [#""GONE 51 8 US""#])
        #expect(us.said(second) == [#""GONE 51 8 US""#])
        #expect(us.replica.gossip.presence.count == 0)
    }

    @Test func `after a restart we speak above what we said before, if the clock goes on`() throws {
        let us = Bench()
        let peer = us.understanding()
        us.receive(line: here("US", bob, 1_007), from: peer)
        try us.present(ada, wallClock: 500)
        #expect(us.said(peer) == [here("US", ada, 1_008)], "it has gone back, and they told us")
    }

    @Test func `a claim above the ceiling raises nothing`() throws {
        let us = Bench()
        let peer = us.understanding()
        try us.present(ada)
        _ = us.said(peer)
        us.endRound()
        us.receive(line: here("US", bob, 9_007_199_254_740_991), from: peer)
        us.tick()
        #expect(us.said(peer) == [])
        try us.present(bob)
        #expect(us.said(peer) == [here("US", bob, 1_001)])
    }

    // MARK: Bounds

    @Test func `a peer that invents 10,000 sources displaces its own`() throws {
        let us = Bench()
        let (honest, hostile) = (us.understanding(), us.understanding())
        try us.present(ada)
        us.receive(line: here("B", bob, 5), from: honest)
        for number in 0..<10_000 {
            us.receive(line: here("evil \(number)", "{}", 1, 3_600), from: hostile)
            if number % 1_000 == 999 { us.tick() }
        }
        #expect(us.replica.gossip.presence.count == PresenceTable.sourceLimit + 1)
        #expect(us.here["B"] == bob)
        #expect(us.here["evil 9999"] == "{}")
        #expect(us.replica.gossip.presence.ownNews != nil)
        us.receive(line: here("C", ada, 1), from: honest)
        #expect(us.here["C"] == ada, "and there is room for whoever comes")
        #expect(us.replica.gossip.presence.count == PresenceTable.sourceLimit + 1)
    }

    @Test func `a batch has at most 32 KiB, and the rest comes in the next rounds`() throws {
        let us = Bench()
        let hostile = us.understanding()
        let value = "{\"a\":\"\(String(repeating: "x", count: 1_000))\"}"
        for number in 0..<100 {
            us.receive(line: here("s\(number)", value, 1), from: hostile)
        }
        us.endRound()
        let peer = us.understanding()
        var batches: [Int] = []
        var told: [String] = []
        while told.count < 100, batches.count < 20 {
            var byteCount = 0
            for line in us.said(peer) {
                byteCount += line.utf8.count
                told.append(line)
            }
            batches.append(byteCount)
            us.endRound()
        }
        #expect(told == (0..<100).map { here("s\($0)", value, 1) }, "the oldest first")
        #expect(batches.allSatisfy { $0 <= PresenceTable.batchByteLimit + 2_048 }, "\(batches)")
    }

    @Test func `of a flood only so much is taken in a second, and that is reported once`() {
        let us = Bench()
        let (hostile, honest) = (us.understanding(), us.understanding())
        let value = "{\"a\":\"\(String(repeating: "x", count: 1_000))\"}"
        for sequence in 1...2_000 {
            us.receive(line: here("evil", value, sequence), from: hostile)
        }
        let refused = us.reports.count { if case .refused = $0 { true } else { false } }
        #expect(refused == 1)
        us.receive(line: here("B", bob, 5), from: honest)
        #expect(us.here["B"] == bob, "others are heard")
        us.tick()
        us.receive(line: here("evil", "{}", 3_000), from: hostile)
        #expect(us.here["evil"] == "{}", "and in the next second it is heard again")
    }

    @Test func `a line that is refused is reported, and the session goes on`() {
        let us = Bench()
        let peer = us.understanding()
        us.receive(line: "\"HERE x\"", from: peer)
        guard case .refused(let refusal, peer)? = us.reports.last else {
            Issue.record("not reported")
            return
        }
        #expect(refusal.reason == .presence)
        #expect(us.replica.gossip.isOpen(peer))
        #expect(us.said(peer) == [], "there is no stamp to refuse")
    }

    @Test func `a timer that fires twice, or late, changes nothing`() throws {
        let us = Bench()
        let peer = us.understanding()
        try us.present(ada, lifetime: 3)
        _ = us.said(peer)
        let old = us.timers
        us.tick()
        us.endRound()
        for timer in old + old { us.handle(.timerFired(timer)) }
        #expect(us.said(peer).count <= 1)
        #expect(us.runningTimers.count { $0 == "second" } == 1)
    }
}
