// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite("Unsaved history") struct UnsavedHistoryTests {
    /// Found by the simulator: a burst of own writes that were being saved filled a whole delta,
    /// and what stood behind them went out without any limit.
    @Test("What stands behind unsaved own updates goes out within the limit")
    func limit() throws {
        let source = try #require(Source("US"))
        var replica = Replica(
            UpdateLog(), source: source, wire: ClassicWire(rules: .upstream),
            generator: LamportGenerator())
        for number in 0..<5 { _ = replica.write(Array("[\"k\",\(number)]".utf8), wallClock: 0) }
        let feeder = replica.open()
        for time in 100..<140 {
            _ = replica.receive(.update(update("S", Double(time))), from: feeder)
        }
        let peer = replica.open()
        _ = replica.receive(.digest(Digest(source: nil, clock: VersionVector())), from: peer)
        var count = 0
        while let (outgoing, _) = replica.pull(peer, limit: DeltaLimit(updates: 3)) {
            let said = lines(outgoing.block)
            #expect(said.count <= 5)
            count += said.count
        }
        // The header, the updates and the SYNC.
        #expect(count == 42)
    }
}
