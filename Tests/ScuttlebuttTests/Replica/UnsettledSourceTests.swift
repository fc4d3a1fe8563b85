// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// What a replica does whose source may have written in an earlier life, and where its counter
/// begins.
@Suite("A source that may have written before", .timeLimit(.minutes(20)))
struct UnsettledSourceTests {
    @Test func `it writes nothing until a peer has said what it knows of it`() throws {
        let us = Bench { $0.mayHaveWritten = true }
        #expect(throws: ReplicaError.self) {
            try us.replica.write(action(1), into: &us.effects)
        }
        #expect(us.effects.isEmpty)
        #expect(us.replica.value.count == 0)
        let peer = us.replica.open()
        try us.receive(digest: "US@7 B@9", from: peer)
        #expect(us.dispatch(2)?.timestamp.value == 10)
    }

    @Test func `a counter goes on above a header's clock, before its updates are here`() throws {
        let us = Bench()
        let peer = us.replica.open()
        try us.receive(digest: "A@41", from: peer)
        #expect(us.dispatch(1)?.timestamp.value == 42)
    }

    @Test func `a header above the clock ceiling raises nothing`() throws {
        let us = Bench()
        let peer = us.replica.open()
        let above = try #require(Timestamp(Timestamp.clockCeiling.value + 2))
        var clock = VersionVector()
        clock.advance(try #require(Source("A")), to: above)
        us.receive(.digest(Digest(source: nil, vector: clock)), from: peer)
        #expect(us.dispatch(1)?.timestamp.value == 1)
    }

    @Test func `the wall clock of a data type is not raised by a header`() throws {
        var configuration = ReplicaConfiguration()
        configuration.timestamps = .wallClock
        var replica = Replica(
            UpdateLog(), source: try #require(Source("US")), configuration: configuration)
        var effects: [Replica<UpdateLog>.Effect] = []
        let peer = replica.open()
        let clock = try #require(VersionVector("A@9000000000000"))
        replica.handle(
            .received(
                peer, [IncomingLine(.message(.digest(Digest(source: nil, vector: clock))))]),
            into: &effects)
        let update = try replica.write(Array("1".utf8), wallClock: 1_000, into: &effects)
        #expect(update.timestamp.value == 1_000)
    }
}
