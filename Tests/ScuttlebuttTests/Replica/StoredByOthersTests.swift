// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// What a replica does with what other processes put into the storage that it shares with them.
@Suite("Updates that another process has stored", .timeLimit(.minutes(20)))
struct StoredByOthersTests {
    private func update(
        _ source: String, _ time: Double, _ payload: Payload = action(0)
    ) throws -> Update {
        Update(
            payload: payload, timestamp: try #require(Timestamp(time)),
            source: try #require(Source(source)))
    }

    private func sharing() -> Bench {
        Bench {
            $0.savesUpdates = true
            $0.sharesStorage = true
        }
    }

    private func saves(_ us: Bench) -> Int {
        us.effects.count { if case .save = $0 { true } else { false } }
    }

    @Test func `they are folded and sent, but not saved again`() throws {
        let us = sharing()
        let peer = us.live()
        us.handle(.stored([try update("A", 3), try update("B", 4)], late: []))
        #expect(us.accepted.map(\.timestamp.value) == [3, 4])
        #expect(saves(us) == 0)
        #expect(us.said(peer).count == 2)
        #expect(us.dispatch(1)?.timestamp.value == 5)
    }

    @Test func `what is here already changes nothing and is not reported`() throws {
        let us = sharing()
        let peer = us.live()
        us.receive([try update("A", 3)], peer)
        let own = try #require(us.dispatch(1))
        _ = us.take()
        us.handle(.stored([try update("A", 3), own], late: []))
        #expect(us.effects.isEmpty)
        us.commit(own)
        us.handle(.stored([own], late: []))
        #expect(us.reports.isEmpty && us.accepted.isEmpty)
        #expect(us.replica.value.count == 2)
    }

    @Test func `late ones take their place below newer ones of their source`() throws {
        let us = sharing()
        us.handle(.stored([try update("A", 3), try update("A", 9)], late: []))
        _ = us.take()
        us.handle(.stored([], late: [try update("A", 7), try update("A", 5), try update("B", 6)]))
        #expect(us.stamps == [3, 5, 6, 7, 9])
        #expect(Set(us.accepted.map(\.timestamp.value)) == [5, 6, 7])
        #expect(saves(us) == 0)
    }

    @Test func `own ones that came home to another process raise the clock`() throws {
        let us = sharing()
        us.handle(.stored([try update("US", 8)], late: []))
        #expect(us.stamps == [8])
        #expect(us.dispatch(1)?.timestamp.value == 9)
    }

    @Test func `another update with the stamp of an own one is reported`() throws {
        let us = sharing()
        let own = try #require(us.dispatch(1))
        us.handle(.stored([try update("US", own.timestamp.value, action(7))], late: []))
        #expect(us.reports == [.equivocation(own.stamp)])
        #expect(us.replica.value.update(at: own.stamp)?.payload == own.payload)
    }

    @Test func `a peer may have own updates that another process has sent`() throws {
        let us = sharing()
        let own = try #require(us.dispatch(1))
        us.commit(own)
        _ = us.take()
        let peer = us.replica.open()
        try us.receive(digest: "US@1", from: peer)
        #expect(us.reports.isEmpty)
    }
}
