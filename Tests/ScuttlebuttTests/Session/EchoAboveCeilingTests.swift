// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite("Echo above the clock ceiling") struct EchoAboveCeilingTests {
    /// Found by the simulator: once an attacker had raised all clocks to the ceiling, own updates
    /// that came from a peer went back to it.
    @Test("An own update above the ceiling does not go back to the peer that has it")
    func noEcho() throws {
        let source = try #require(Source("US"))
        var replica = Replica(
            UpdateLog(), source: source, wire: ClassicWire(rules: .upstream),
            generator: LamportGenerator())
        let poisoner = replica.open()
        _ = replica.receive(
            .update(update("S", Timestamp.clockCeiling.value)), from: poisoner)
        let written = replica.write(Array("[\"k\",2]".utf8), wallClock: 0)
        let own = try #require(written)
        #expect(own.timestamp > .clockCeiling)
        replica.commit(own)

        let peer = replica.open()
        _ = replica.receive(.digest(Digest(source: nil, clock: VersionVector())), from: peer)
        _ = replica.receive(.update(own), from: peer)
        var said: [String] = []
        while let (outgoing, _) = replica.pull(peer, limit: .unlimited) {
            said += lines(outgoing.block)
        }
        #expect(said.count == 3)
        #expect(!said.contains { $0.hasPrefix("[[\"k\",2]") })
    }

    @Test("A forgery above the ceiling hides none of the own updates that follow")
    func forgery() throws {
        let source = try #require(Source("US"))
        var replica = Replica(
            UpdateLog(), source: source, wire: ClassicWire(rules: .upstream),
            generator: LamportGenerator())
        let peer = replica.open()
        _ = replica.receive(.digest(Digest(source: nil, clock: VersionVector())), from: peer)
        _ = replica.receive(.update(update("US", Timestamp.maximum.value)), from: peer)
        let written = replica.write(Array("[\"k\",3]".utf8), wallClock: 0)
        let own = try #require(written)
        replica.commit(own)
        var said: [String] = []
        while let (outgoing, _) = replica.pull(peer, limit: .unlimited) {
            said += lines(outgoing.block)
        }
        #expect(said.contains { $0.hasPrefix("[[\"k\",3],1,") })
    }
}
