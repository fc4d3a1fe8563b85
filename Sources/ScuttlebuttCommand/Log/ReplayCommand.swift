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
            same time. A store that a server has used, and a log stored in agreed order, are \
            streamed; any other is sorted in memory. Checkpoints are not used.

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
            let result = try await Fold(file: file, reducer: reducer).state { count in
                StandardError.shared.progress("\(count) actions")
            }
            StandardError.shared.endProgress()
            if StandardError.shared.isTerminal {
                let time = (ContinuousClock.now - start).formatted
                StandardError.shared.note("replayed \(result.count) actions in \(time)")
            }
            try StandardOutput.shared.writeNow(Answer.value("state", result.state.json) + [0x0A])
            try file.requireNewest()
        }
    }
}
