// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import ScuttlebuttRuntime

@Suite("Which updates of a source a log has", .timeLimit(.minutes(20)))
struct StampRunTests {
    @Test("It says of each timestamp what a sorted list says", arguments: UInt64(0)..<100)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var run = StampRun()
        var known: Set<Double> = []
        for step in 0..<300 {
            let time = Double(max(1, step + random.below(40) - 30))
            let timestamp = try #require(Timestamp(time))
            #expect(run.contains(timestamp) == known.contains(time))
            let expected: StampRun.Addition =
                known.contains(time) ? .known : known.allSatisfy { $0 < time } ? .newest : .late
            #expect(run.add(timestamp) == expected)
            known.insert(time)
        }
    }
}
