// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite(.timeLimit(.minutes(20))) struct OwnUpdateTests {
    private func header(_ clock: String) -> Message {
        .digest(Digest(source: nil, vector: VersionVector(clock) ?? VersionVector()))
    }

    @Test func `G19 an own update is sent and claimed only after it was saved`() {
        let us = Bench("US") { $0.savesUpdates = true }
        let peer = us.live()
        _ = us.dispatch(1)
        _ = us.dispatch(2)
        #expect(us.names == ["save", "save"])
        #expect(us.said(peer).isEmpty)
        // A header arrives while they are being saved.
        let other = us.replica.open()
        us.receive([header("")], other)
        #expect(us.said(other) == ["{\"id\":\"US\",\"clock\":{}}", "\"SYNC\""])
        us.handle(.saved(1))
        #expect(us.said(peer) == ["[{\"type\":\"A\",\"n\":1},1,\"US\"]"])
        us.handle(.saved(2))
        #expect(us.said(other).count == 2)
        #expect(us.replica.pendingCount == 0)
    }

    @Test func `G19 a restored machine never uses an own timestamp again`() {
        let us = Bench("US") { $0.savesUpdates = true }
        us.replica.restore([acted("US", 5), acted("A", 9), acted("US", 8)])
        #expect(us.dispatch(1)?.timestamp.value == 10)
        #expect(us.replica.gossip.vector.description == "A@9 US@8")
    }

    @Test(arguments: [true, false])
    func `a lost store's updates come home before newer ones go out, so no gap is left`(saves: Bool)
    {
        let us = Bench("US") { $0.savesUpdates = saves }
        let (peer, other) = (us.replica.open(), us.live())
        us.receive([header("US@10")], peer)
        #expect(us.reports == [.ownUpdatesMissing(claimed: stamp(10).timestamp)])
        #expect(us.dispatch(1)?.timestamp.value == 11)
        us.handle(.saved(1))
        #expect(us.said(other).isEmpty)
        us.receive((1...10).map { .update(acted("US", $0)) } + [.sync], peer)
        #expect(us.replica.value.count == 11)
        #expect(us.said(other).count == 11)
        #expect(us.said(other).isEmpty)
    }

    @Test func `a claim that nothing follows holds our updates back for a bounded time`() throws {
        let us = Bench()
        let (liar, other) = (us.replica.open(), us.live())
        us.receive([header("US@10")], liar)
        let timer = try #require(us.timers.last)
        #expect(timer.milliseconds == 2_000)
        _ = us.take()
        _ = us.dispatch(1)
        #expect(us.said(other).isEmpty)
        us.handle(.timerFired(timer))
        #expect(us.said(other).count == 1)
    }

    @Test func `a peer that claims again and again stops being believed`() {
        let us = Bench()
        let other = us.live()
        for round in 1...100 {
            let liar = us.replica.open()
            us.receive([header("US@\(1_000_000 * round)")], liar)
        }
        #expect(us.effects.count { $0.name == "startTimer" } == 16)
        for effect in us.take() {
            if case .startTimer(let timer) = effect { us.handle(.timerFired(timer)) }
        }
        _ = us.dispatch(1)
        #expect(us.said(other).count == 1)
    }

    @Test func `Q9 a claim or an own update above the ceiling is reported and moves nothing`() {
        let us = Bench()
        let peer = us.live()
        us.receive([header("US@9007199254740990")], peer)
        us.receive([acted("US", 9_007_199_254_740_990)], peer)
        #expect(us.reports.count == 2)
        #expect(us.accepted.isEmpty)
        #expect(us.dispatch(1)?.timestamp.value == 1)
        #expect(us.said(peer).contains("[{\"type\":\"A\",\"n\":1},1,\"US\"]"))
    }

    @Test func `a copied identity is an equivocation and neither copy is applied twice`() {
        let us = Bench("US") { $0.savesUpdates = true }
        let peer = us.live()
        _ = us.dispatch(1)
        us.receive([acted("US", 1, 99), acted("US", 2, 100)], peer)
        #expect(us.reports == [.equivocation(stamp(1, "US"))])
        #expect(us.accepted.isEmpty)
        us.handle(.saved(1))
        #expect(us.accepted.map(\.timestamp.value) == [2])
        #expect(us.replica.value.count == 2)
        #expect(us.dispatch(3)?.timestamp.value == 3)
    }

    @Test func `a claim to have ours before any has left means that somebody else uses our name`() {
        let us = Bench()
        _ = us.dispatch(1)
        let peer = us.live("US@1")
        #expect(us.said(peer) == [])
        let again = us.replica.open()
        us.receive([header("US@1")], again)
        #expect(us.reports == [.ownUpdatesMissing(claimed: stamp(1, "US").timestamp)])
    }

    @Test func `a claim to have what we have sent or restored is nothing new`() {
        let us = Bench()
        let peer = us.live()
        _ = us.dispatch(1)
        #expect(us.said(peer).count == 1)
        _ = us.take()
        us.receive([header("US@1")], us.replica.open())
        #expect(us.reports == [])
        let restored = Bench()
        restored.replica.restore([acted("US", 1)])
        restored.receive([header("US@1")], restored.replica.open())
        #expect(restored.reports == [])
    }

    @Test func `G15 own actions keep their order whichever signature comes first`() throws {
        let us = Bench("US") { $0.signs = true }
        let peer = us.live()
        for number in 1...3 { us.handle(.submitted(try checked(action(number)))) }
        let ids = us.effects.compactMap { if case .sign(let id, _) = $0 { id } else { nil } }
        _ = us.take()
        us.handle(.signed(ids[2], try checked(action(3))))
        us.handle(.signed(ids[1], nil))
        #expect(us.effects.isEmpty)
        #expect(us.replica.pendingCount == 3)
        us.handle(.signed(ids[0], try checked(action(1))))
        #expect(us.names == ["wakeAll", "signed", "notSigned", "wakeAll", "signed"])
        #expect(us.said(peer).map { $0.hasSuffix("US\"]") } == [true, true])
        us.handle(.signed(ids[0], try checked(action(1))))
        #expect(us.replica.value.count == 2, "an answer that comes twice is ignored")
    }

    @Test func `a hundred thousand actions at the signer cost a step each, not a pass`() throws {
        let us = Bench("US") { $0.signs = true }
        for number in 1...100_000 { us.handle(.submitted(try checked(action(number)))) }
        let ids = us.effects.compactMap { if case .sign(let id, _) = $0 { id } else { nil } }
        for id in ids { us.handle(.signed(id, try checked(action(1)))) }
        #expect(us.replica.value.count == 100_000)
    }
}
