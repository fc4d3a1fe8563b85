// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite(.timeLimit(.minutes(20))) struct TimestampGeneratorTests {
    private func number(_ generator: inout TimestampGenerator) -> Double? {
        generator.next()?.value
    }
    private func time(_ value: Double) throws -> Timestamp { try #require(Timestamp(value)) }

    @Test func `Q7 the counter is strictly increasing whatever the wall clock does`() throws {
        var generator = TimestampGenerator.lamport
        var last = 0.0
        for wallClock in [5, 4, 3, 1e15, 0, -1] as [Double] {
            let made = generator.next(wallClock: wallClock)
            let next = try #require(made)
            #expect(next.value == last + 1)
            last = next.value
        }
    }

    @Test func `Q7 a wall clock that stands still or steps back yields rising timestamps`() throws {
        var generator = TimestampGenerator.wallClock
        var last = 0.0
        // The original loops for ever after about 3,049 of these.
        for step in 0..<10_000 {
            let wallClock = step == 5_000 ? 1_795_234_000_000.0 : 1_795_234_529_926
            let made = generator.next(wallClock: wallClock)
            let next = try #require(made)
            #expect(next.value > last)
            last = next.value
        }
        let ahead = generator.next(wallClock: 1_795_234_999_999)
        #expect(ahead?.value == 1_795_234_999_999)
    }

    @Test func `the recorded calls of vector-clock-class bind us where we write timestamps`() throws
    {
        // vectors.json, vectorClock: after 10 from another the next own one is above 10, and an
        // older one from another changes nothing.
        var generator = TimestampGenerator.lamport
        #expect(number(&generator) == 1)
        #expect(number(&generator) == 2)
        generator.observe(try time(10))
        let made = generator.next()
        let next = try #require(made)
        #expect(next.value > 10)
        generator.observe(try time(3))
        let later = generator.next()
        #expect(try #require(later) > next)
    }

    @Test func `Q9 a seen timestamp above the ceiling raises no clock`() throws {
        var generator = TimestampGenerator.lamport
        generator.observe(.maximum)
        generator.observe(try time(4_503_599_627_370_497))
        #expect(number(&generator) == 1)
        generator.observe(.clockCeiling)
        #expect(number(&generator) == 4_503_599_627_370_497)
        #expect(number(&generator) == 4_503_599_627_370_498)
    }

    @Test func `fractions from upstream peers leave the counter an integer`() throws {
        var generator = TimestampGenerator.lamport
        generator.observe(try time(1_795_234_529_926.001))
        #expect(number(&generator) == 1_795_234_529_927)
    }

    @Test func `Q9 Q11 what is not finite, not positive or above 2^53 - 1 is no timestamp`() {
        for value in [0, -1, -0.0, .infinity, .nan, 9_007_199_254_740_992, 1e300] as [Double] {
            #expect(Timestamp(value) == nil)
        }
        #expect(Timestamp(9_007_199_254_740_991) == .maximum)
        #expect(Timestamp(0.5) != nil)
    }

    @Test func `a counter that has used up everything fails loudly`() {
        var generator = TimestampGenerator.lamport
        generator.recover(own: .maximum)
        #expect(number(&generator) == nil)
    }
}
