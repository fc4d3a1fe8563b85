// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite(.timeLimit(.minutes(20))) struct VerificationTests {
    private func bench(_ change: (inout ReplicaConfiguration) -> Void = { _ in }) -> Bench {
        Bench("US") {
            $0.verifies = true
            change(&$0)
        }
    }

    @Test func `Q1 Q3 G14 nothing shows before the verdict: no clock, no log, no relay`() {
        let us = bench()
        let (a, b) = (us.live(), us.live())
        us.receive([acted("A", 1)], a)
        let (id, _) = us.verifications[0]
        #expect(us.replica.gossip.vector.isEmpty)
        #expect(us.said(b).isEmpty)
        // A peer that shakes hands meanwhile gets it when it is accepted.
        let late = us.live()
        us.handle(.verified(id, .accepted))
        #expect(us.accepted.count == 1)
        #expect(us.said(b).count == 1)
        #expect(us.said(late).count == 1)
        #expect(us.said(a).isEmpty)
    }

    @Test func `G14 a refused update leaves its source's clock and is refused again unseen`() throws
    {
        let us = bench()
        let (a, b) = (us.live(), us.live())
        us.receive([acted("A", 1)], a)
        us.handle(.verified(us.verifications[0].0, .refused("no")))
        #expect(us.replica.gossip.vector.isEmpty)
        #expect(us.said(b).isEmpty)
        #expect(us.names.contains("remember"))
        _ = us.take()
        us.receive([acted("A", 1)], b)
        #expect(us.verifications.isEmpty)
        guard case .refused(let refusal, _)? = us.reports.first else {
            Issue.record("no report")
            return
        }
        #expect(refusal.reason == .remembered)
        // The real author goes on, also past it.
        us.receive([acted("A", 2)], b)
        us.handle(.verified(us.verifications[0].0, .accepted))
        #expect(us.replica.gossip.vector.description == "A@2")

        // After a restart it is still refused.
        let next = bench()
        next.replica.restore(refusals: [try #require(fingerprint(acted("A", 1)))])
        let peer = next.live()
        next.receive([acted("A", 1)], peer)
        #expect(next.verifications.isEmpty)
    }

    @Test func `the memory of refusals is bounded and forgets the oldest`() {
        let us = bench { $0.refusalLimit = 3 }
        let peer = us.live()
        for time in 1...4 {
            us.receive([acted("S\(time)", time)], peer)
            us.verdict(.refused("no"))
        }
        _ = us.take()
        for time in 1...4 { us.receive([acted("S\(time)", time)], peer) }
        #expect(us.verifications.map(\.1.source.text) == ["S1"])
    }

    @Test func `Q2 G15 verdicts out of order enter the log in each source's order`() {
        let us = bench()
        let (a, b) = (us.live(), us.live())
        us.receive([acted("A", 1), acted("A", 2), acted("B", 1), acted("A", 3)], a)
        let ids = us.verifications.map(\.0)
        us.handle(.verified(ids[3], .accepted))
        us.handle(.verified(ids[1], .accepted))
        #expect(us.accepted.isEmpty)
        us.handle(.verified(ids[2], .accepted))
        #expect(us.accepted.map(\.source.text) == ["B"], "a slow source holds no other back")
        us.handle(.verified(ids[0], .accepted))
        #expect(us.said(b).count == 4)
        #expect(us.replica.gossip.vector.description == "A@3 B@1")
    }

    @Test func `an update that two peers send is verified once and echoed to neither`() {
        let us = bench()
        let (a, b) = (us.live(), us.live())
        us.receive([acted("A", 1)], a)
        us.receive([acted("A", 1)], b)
        #expect(us.verifications.count == 1)
        us.handle(.verified(us.verifications[0].0, .accepted))
        #expect(us.said(a).isEmpty)
        #expect(us.said(b).isEmpty)
    }

    @Test func `Q2 after a verifier's failure its senders are asked again, and nothing is skipped`()
    {
        let us = bench()
        let (a, b) = (us.live(), us.live())
        us.receive([acted("A", 1), acted("A", 2)], a)
        us.receive([acted("B", 1)], b)
        let ids = us.verifications.map(\.0)
        us.handle(.verified(ids[1], .accepted))
        us.handle(.verified(ids[0], .failed("the key server is away")))
        #expect(us.closed == [a])
        #expect(us.replica.gossip.vector.isEmpty, "A@2 must not pass an unjudged A@1")
        us.handle(.verified(ids[2], .accepted))
        #expect(us.replica.gossip.vector.description == "B@1")
        us.receive([acted("A", 3)], a)
        #expect(us.replica.verificationCount == 0, "the session is over")
        _ = us.take()
        let again = us.live()
        us.receive([acted("A", 1), acted("A", 2)], again)
        for (id, _) in us.verifications { us.handle(.verified(id, .accepted)) }
        #expect(us.replica.gossip.vector.description == "A@2 B@1")
    }

    @Test func `one forged update on which the verifier fails stops its source with nobody else`() {
        let us = bench()
        let (forger, honest) = (us.live(), us.live())
        us.receive([acted("A", 5, 666)], forger)
        us.receive([acted("A", 6)], honest)
        let ids = us.verifications.map(\.0)
        us.handle(.verified(ids[0], .failed("malformed signature")))
        us.handle(.verified(ids[1], .accepted))
        #expect(us.closed == [forger])
        #expect(us.replica.gossip.vector.description == "A@6")
        us.receive([acted("A", 7)], honest)
        us.verdict(.accepted)
        #expect(us.replica.gossip.vector.description == "A@7")
    }

    @Test func `what was held of a failed peer's history is asked for again`() {
        let us = bench { $0.heldUpdateLimit = 1 }
        let peer = us.replica.open()
        us.receive([acted("A", 1)], peer)
        let (id, _) = us.verifications[0]
        us.handle(.verified(id, .failed("away")))
        us.receive([acted("A", 2)], peer)
        #expect(us.replica.verificationCount == 0)
        #expect(us.replica.gossip.vector.isEmpty)
    }

    @Test func `a session that closes during verification takes nothing with it`() {
        let us = bench()
        let a = us.live()
        us.receive([acted("A", 1)], a)
        us.handle(.closed(a))
        us.handle(.verified(us.verifications[0].0, .accepted))
        #expect(us.accepted.count == 1)
        #expect(us.replica.verificationCount(of: a) == 0)
    }

    @Test func `G11 historyReceived and synced wait until the history is judged`() {
        let us = bench()
        let peer = us.replica.open()
        us.receive(
            [.digest(Digest(source: nil, vector: VersionVector())), .update(acted("A", 1)), .sync],
            peer)
        _ = us.said(peer)
        #expect(us.reports.isEmpty)
        us.handle(.verified(us.verifications[0].0, .accepted))
        #expect(us.reports == [.historyReceived(peer), .synced(peer)])
    }

    @Test func `updates that wait for verification are bounded, and the excess is asked for again`()
    {
        let us = bench { $0.pendingVerificationLimit = 10 }
        let peer = us.live()
        us.receive((1...50).map { acted("A", $0) }, peer)
        #expect(us.closed == [peer])
        #expect(us.replica.verificationCount == 10)
        for (id, _) in us.verifications { us.handle(.verified(id, .accepted)) }
        #expect(us.replica.gossip.vector.description == "A@10")
    }

    @Test func `sixty thousand pending updates of one source settle in any order, a step each`() {
        let us = bench()
        let peer = us.live()
        us.receive((1...60_000).map { acted("A", $0) }, peer)
        let ids = us.verifications.map(\.0)
        for id in ids.dropFirst().reversed() { us.handle(.verified(id, .accepted)) }
        us.handle(.verified(ids[0], .accepted))
        #expect(us.replica.value.count == 60_000)
    }

    @Test
    func
        `an own update that returns is verified, and lets ours of meanwhile go first`()
    {
        let us = Bench("US") {
            $0.verifies = true
            $0.savesUpdates = true
        }
        let peer = us.live()
        us.receive([acted("US", 50)], peer)
        let (id, _) = us.verifications[0]
        #expect(us.dispatch(1)?.timestamp.value == 1)
        us.handle(.verified(id, .accepted))
        us.handle(.saved(1))
        for (id, _) in us.verifications.dropFirst() { us.handle(.verified(id, .accepted)) }
        #expect(us.replica.value.count == 2)
    }
}
