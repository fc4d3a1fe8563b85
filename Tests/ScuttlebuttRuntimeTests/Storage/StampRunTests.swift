// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@testable import ScuttlebuttRuntime

@Suite("Which updates of a source a log has", .timeLimit(.minutes(10)))
struct StampRunTests {
    @Test("It says of each timestamp what a sorted list says", arguments: UInt64(0)..<100)
    func model(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        var run = StampRun()
        var known: Set<Double> = []
        for step in 0..<300 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let time = Double(max(1, step + Int(state >> 33) % 40 - 30))
            let timestamp = try #require(Timestamp(time))
            #expect(run.contains(timestamp) == known.contains(time))
            let expected: StampRun.Addition =
                known.contains(time) ? .known : known.allSatisfy { $0 < time } ? .newest : .late
            #expect(run.add(timestamp) == expected)
            known.insert(time)
        }
    }
}
