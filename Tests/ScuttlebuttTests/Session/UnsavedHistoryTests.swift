// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite("Unsaved history", .timeLimit(.minutes(20))) struct UnsavedHistoryTests {
    /// Found by the simulator: a burst of own writes that were being saved filled a whole delta,
    /// and what stood behind them went out without any limit.
    @Test("What stands behind unsaved own updates goes out within the limit")
    func limit() throws {
        let us = try ReplicaBench("US", UpdateLog())
        for number in 0..<5 { try us.write("\(number)") }
        let feeder = us.replica.open()
        for time in 100..<140 { us.receive(.update(update("S", Double(time))), from: feeder) }
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        var count = 0
        while let outgoing = us.pull(peer, DeltaLimit(updates: 3)) {
            let said = us.lines(of: outgoing)
            #expect(said.count <= 5)
            count += said.count
        }
        // The header, the updates and the SYNC.
        #expect(count == 42)
    }
}
