// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRelay

/// `scuttlebutt replay FILE`: folds a saved log and shows its progress.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Fold a saved log from the beginning, showing progress.",
        discussion: """
            FILE is a file of wire lines or an SQLite store, which a server may be using at the \
            same time. A log stored in agreed order is streamed; any other is sorted in memory.

              scuttlebutt replay actions.log --reducer life
            """)

    @Argument(help: "Store or file of wire lines.", completion: .file())
    var file: String

    @Option(help: "Reducer that folds the actions into a state.")
    var reducer: ExampleReducer

    @Flag(help: "Accepted for consistency; stdout is always JSON.")
    var json = false

    func run() async throws {
        let (path, reducer) = (file, reducer)
        try await Interruption.watch(secondLimit: 1, on: OwnThread()) {
            let file = try LogFile(path, rules: .fork)
            let start = ContinuousClock.now
            let (state, count) = try await Fold(file: file, reducer: reducer).state { count in
                StandardError.shared.progress("\(count) actions")
            }
            StandardError.shared.endProgress()
            if StandardError.shared.isTerminal {
                let time = (ContinuousClock.now - start).formatted
                StandardError.shared.note("replayed \(count) actions in \(time)")
            }
            try StandardOutput.shared.writeNow(Answer.value("state", state.json) + [0x0A])
            try file.requireNewest()
        }
    }
}

extension Duration {
    /// The duration in seconds with two decimals: `1.25 s`.
    fileprivate var formatted: String {
        let hundredths =
            components.seconds * 100 + components.attoseconds / 10_000_000_000_000_000
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
    }
}
