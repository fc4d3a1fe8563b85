// SPDX-License-Identifier: MIT

import Testing

@testable import ScuttlebuttRuntime

/// What is concluded from links that break after a long line.
@Suite(.timeLimit(.minutes(20))) struct LineLimitGuessTests {
    private static let lost = LinkError(.lost, "connection lost")
    private static let refused = LinkError(.lineRefused, "too long")

    @Test func `close code 1009 says it at once`() {
        var guess = LineLimitGuess()
        guess.note(end: Self.refused, longest: 200, wasUseful: true)
        #expect(guess.longestLine == 199)
        guess.note(end: Self.refused, longest: 150, wasUseful: false)
        #expect(guess.longestLine == 149)
    }

    @Test func `without a code it takes three links with the same line`() {
        var guess = LineLimitGuess()
        for _ in 1...2 { guess.note(end: Self.lost, longest: 200_000, wasUseful: false) }
        #expect(guess.longestLine == nil)
        guess.note(end: Self.lost, longest: 200_000, wasUseful: false)
        #expect(guess.longestLine == 199_999)
    }

    @Test func `short lines, useful links and other lines in between are not suspected`() {
        var guess = LineLimitGuess()
        for _ in 1...9 { guess.note(end: Self.lost, longest: 1_000, wasUseful: false) }
        for _ in 1...9 { guess.note(end: Self.lost, longest: 200_000, wasUseful: true) }
        for size in 1...9 {
            guess.note(end: Self.lost, longest: 200_000 + size, wasUseful: false)
        }
        for _ in 1...3 {
            guess.note(end: Self.lost, longest: 200_000, wasUseful: false)
            guess.note(end: nil, longest: 200_000, wasUseful: true)
        }
        #expect(guess.longestLine == nil)
    }

    @Test func `only updates are measured`() {
        let measure = LineLimitGuess.Measure()
        measure.add(
            OutboundLines(lines: [
                Array("{\"id\":\"a long header\",\"clock\":{}}".utf8),
                Array("[1,2,\"A\"]".utf8), Array("\"PING\"".utf8),
            ]))
        #expect(measure.byteCount == 9)
    }
}
