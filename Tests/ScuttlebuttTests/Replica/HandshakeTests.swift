// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite("An own action that is dispatched during a handshake", .timeLimit(.minutes(20)))
struct HandshakeTests {
    /// The moments between which a driver's tasks may interleave.
    enum Moment: CaseIterable {
        case beforeOpening, beforeHeader, afterOurHeader, afterTheirHeader, midHistory, afterSync
    }

    @Test("Leaves once, and what follows it too", arguments: Moment.allCases)
    func leaves(at moment: Moment) {
        let us = Bench("US")
        us.receive([acted("OLD", 1), acted("OLD", 2), acted("OLD", 3)], us.live())
        var said: [String] = []
        func dispatch(_ now: Moment, _ number: Int = 100) {
            if now == moment { #expect(us.dispatch(number) != nil) }
        }
        dispatch(.beforeOpening)
        let peer = us.replica.open()
        dispatch(.beforeHeader)
        said += us.said(peer)
        dispatch(.afterOurHeader)
        us.receive([.digest(Digest(source: nil, vector: VersionVector()))], peer)
        dispatch(.afterTheirHeader)
        // One update at a time, so that the history is cut in the middle.
        let limit = DeltaLimit(updates: 1)
        if let outgoing = us.pull(peer, limit) {
            said += us.lines(of: outgoing)
        }
        dispatch(.midHistory)
        said += us.said(peer, limit)
        us.receive([.sync], peer)
        dispatch(.afterSync)
        said += us.said(peer, limit)
        #expect(us.dispatch(200) != nil)
        said += us.said(peer, limit)
        let own = said.filter { $0.hasSuffix("\"US\"]") }
        #expect(own.count == 2)
        #expect(Set(own).count == 2)
        #expect(said.filter { $0.hasSuffix("\"OLD\"]") }.count == 3)
        #expect(!us.replica.gossip.hasWork(for: peer))
        #expect(us.replica.pendingCount == 0)
    }
}
