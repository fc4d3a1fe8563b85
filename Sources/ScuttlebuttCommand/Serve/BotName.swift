// SPDX-License-Identifier: MIT

import ArgumentParser
import ScuttlebuttCoding
import ScuttlebuttRelay

/// `life` or `life=SECONDS`.
struct BotName: ExpressibleByArgument, Equatable {
    /// The longest pause between two steps: one day.
    static let longestPause = 86_400.0

    let seconds: Double

    init?(argument: String) {
        if argument == "life" {
            seconds = 1
            return
        }
        guard argument.hasPrefix("life="), let seconds = Double(argument.dropFirst(5)),
            seconds >= 0.001, seconds <= BotName.longestPause
        else { return nil }
        self.seconds = seconds
    }

    var bot: Ticker<RawAction> { .life(every: .milliseconds(Int64(seconds * 1_000))) }
}
