// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Testing

@Suite(.timeLimit(.minutes(20))) struct BackOffTests {
    @Test(arguments: [
        (1, 500, 1_000), (2, 1_000, 2_000), (5, 8_000, 16_000), (6, 16_000, 30_000),
        (1_000, 30_000, 30_000),
    ])
    func `delays double with jitter and end at the longest`(retry: Int, least: Int, most: Int) {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let delay = BackOff().delay(beforeAttempt: retry, using: &random)
            #expect(delay >= .milliseconds(least) && delay <= .milliseconds(most))
        }
    }
}
