// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import Testing

@Suite struct OwnUpdateTests {
    private func header(_ clock: String) -> Message {
        .digest(Digest(source: nil, clock: VersionVector(clock) ?? VersionVector()))
    }

    @Test func `G19 an own update is sent and claimed only after it was saved`() {
        var us = Bench("US") { $0.savesUpdates = true }
        let peer = us.live()
        _ = us.dispatch(1)
        _ = us.dispatch(2)
        #expect(us.names == ["save", "save"])
        #expect(us.said(peer).isEmpty)
        // A header arrives while they are being saved.
        let other = us.machine.open()
        us.receive([header("")], other)
        #expect(us.said(other) == ["{\"id\":\"US\",\"clock\":{}}", "\"SYNC\""])
        us.handle(.saved(1))
        #expect(us.said(peer) == ["[{\"type\":\"A\",\"n\":1},1,\"US\"]"])
        us.handle(.saved(2))
        #expect(us.said(other).count == 2)
        #expect(us.machine.pendingCount == 0)
    }

    @Test func `G19 a restored machine never uses an own timestamp again`() {
        var us = Bench("US") { $0.savesUpdates = true }
        us.machine.restore([update("US", 5), update("A", 9), update("US", 8)])
        #expect(us.dispatch(1)?.timestamp.value == 10)
        #expect(us.machine.gossip.vector.description == "A@9 US@8")
    }

    @Test(arguments: [true, false])
    func `a lost store's updates come home before newer ones go out, so no gap is left`(saves: Bool)
    {
        var us = Bench("US") { $0.savesUpdates = saves }
        let (peer, other) = (us.machine.open(), us.live())
        us.receive([header("US@10")], peer)
        #expect(us.reports == [.ownUpdatesMissing(claimed: stamp(10).timestamp)])
        #expect(us.dispatch(1)?.timestamp.value == 11)
        us.handle(.saved(1))
        #expect(us.said(other).isEmpty)
        us.receive((1...10).map { .update(update("US", $0)) } + [.sync], peer)
        #expect(us.machine.log.count(of: us.machine.source, after: nil) == 11)
        #expect(us.said(other).count == 11)
        #expect(us.said(other).isEmpty)
    }

    @Test func `a claim that nothing follows holds our updates back for a bounded time`() {
        var us = Bench()
        let (liar, other) = (us.machine.open(), us.live())
        us.receive([header("US@10")], liar)
        guard
            case .startTimer(_, let generation, let milliseconds)? = us.take().last(where: {
                $0.name == "startTimer"
            })
        else {
            Issue.record("no timer")
            return
        }
        #expect(milliseconds == 2_000)
        _ = us.dispatch(1)
        #expect(us.said(other).isEmpty)
        us.handle(.timerFired(liar, generation: generation))
        #expect(us.said(other).count == 1)
    }

    @Test func `a peer that claims again and again stops being believed`() {
        var us = Bench()
        let other = us.live()
        for round in 1...100 {
            let liar = us.machine.open()
            us.receive([header("US@\(1_000_000 * round)")], liar)
        }
        #expect(us.effects.count { $0.name == "startTimer" } == 16)
        for effect in us.take() {
            if case .startTimer(let peer, let generation, _) = effect {
                us.handle(.timerFired(peer, generation: generation))
            }
        }
        _ = us.dispatch(1)
        #expect(us.said(other).count == 1)
    }

    @Test func `Q9 a claim or an own update above the ceiling is reported and moves nothing`() {
        var us = Bench()
        let peer = us.live()
        us.receive([header("US@9007199254740990")], peer)
        us.receive([update("US", 9_007_199_254_740_990)], peer)
        #expect(us.reports.count == 2)
        #expect(us.applied.isEmpty)
        #expect(us.dispatch(1)?.timestamp.value == 1)
        #expect(us.said(peer).contains("[{\"type\":\"A\",\"n\":1},1,\"US\"]"))
    }

    @Test func `a copied identity is an equivocation and neither copy is applied twice`() {
        var us = Bench("US") { $0.savesUpdates = true }
        let peer = us.live()
        _ = us.dispatch(1)
        us.receive([update("US", 1, 99), update("US", 2, 100)], peer)
        #expect(us.reports == [.equivocation(stamp(1, "US"))])
        #expect(us.applied.isEmpty)
        us.handle(.saved(1))
        #expect(us.applied.map(\.timestamp.value) == [2])
        #expect(us.machine.log.count == 2)
        #expect(us.dispatch(3)?.timestamp.value == 3)
    }

    @Test func `G15 own actions keep their order whichever signature comes first`() {
        var us = Bench("US") { $0.signs = true }
        let peer = us.live()
        for number in 1...3 { us.handle(.dispatched(action(number))) }
        let ids = us.effects.compactMap { if case .sign(let id, _) = $0 { id } else { nil } }
        _ = us.take()
        us.handle(.signed(ids[2], action(3)))
        us.handle(.signed(ids[1], nil))
        #expect(us.effects.isEmpty)
        #expect(us.machine.pendingCount == 3)
        us.handle(.signed(ids[0], action(1)))
        #expect(us.names == ["dispatched", "wakeAll", "dispatchRefused", "dispatched", "wakeAll"])
        #expect(us.said(peer).map { $0.hasSuffix("US\"]") } == [true, true])
        us.handle(.signed(ids[0], action(1)))
        #expect(us.machine.log.count == 2, "an answer that comes twice is ignored")
    }

    @Test func `a hundred thousand actions at the signer cost a step each, not a pass`() {
        var us = Bench("US") { $0.signs = true }
        for number in 1...100_000 { us.handle(.dispatched(action(number))) }
        let ids = us.effects.compactMap { if case .sign(let id, _) = $0 { id } else { nil } }
        for id in ids { us.handle(.signed(id, action(1))) }
        #expect(us.machine.log.count == 100_000)
    }
}
