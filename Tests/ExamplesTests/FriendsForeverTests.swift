// SPDX-License-Identifier: MIT

import Testing

@testable import FriendsForever

@Suite("Friends forever", .timeLimit(.minutes(20)))
struct FriendsForeverTests {
    @Test(
        "26,078 keystrokes of two people end in one order everywhere, through ten cuts each",
        arguments: [UInt64(1)])
    func replay(seed: UInt64) async throws {
        let trace = try await Trace(contentsOf: Trace.standard)
        #expect(trace.transactions.count == 26_078)
        // What differs between the peers, the relay and its store is thrown.
        let summary = try await Replay(trace: trace, seed: seed) { _ in }.run()
        #expect(summary.actions == 26_078)
        #expect(summary.cuts == [10, 10])
        print("seed \(seed): " + summary.line)
    }
}
