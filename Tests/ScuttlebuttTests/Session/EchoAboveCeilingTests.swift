// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite("Echo above the clock ceiling", .timeLimit(.minutes(20))) struct EchoAboveCeilingTests {
    /// Found by the simulator: once an attacker had raised all clocks to the ceiling, own updates
    /// that came from a peer went back to it.
    @Test("An own update above the ceiling does not go back to the peer that has it")
    func noEcho() throws {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        let poisoner = us.replica.open()
        us.receive(.update(update("S", Timestamp.clockCeiling.value)), from: poisoner)
        let own = try us.write("2")
        #expect(own.timestamp > .clockCeiling)

        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        us.receive(.update(own), from: peer)
        let said = us.said(peer)
        #expect(said.count == 3)
        #expect(!said.contains { $0.hasPrefix("[[\"k\",2]") })
    }

    @Test("A forgery above the ceiling hides none of the own updates that follow")
    func forgery() throws {
        let us = try ReplicaBench("US", UpdateLog(), saves: false)
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        us.receive(.update(update("US", Timestamp.maximum.value)), from: peer)
        try us.write("3")
        let said = us.said(peer)
        #expect(said.contains { $0.hasPrefix("[[\"k\",3],1,") })
    }
}
