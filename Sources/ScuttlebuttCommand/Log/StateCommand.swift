// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRelay

/// `scuttlebutt state FILE`: prints the state that a saved log folds to.
struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Print the state that a saved log folds to.",
        discussion: """
            FILE is a file of wire lines or an SQLite store, which a server may be using at the \
            same time. With --at, prints the state right after that action. Begins with the newest \
            checkpoint of the store that is good; 'scuttlebutt replay' folds from the beginning.

              scuttlebutt state scuttlebutt.sqlite --reducer counter
            """)

    @Argument(help: "Store or file of wire lines.", completion: .file())
    var file: String

    @Option(help: "Reducer that folds the actions into a state.")
    var reducer: ExampleReducer

    @Option(help: ArgumentHelp("Action after which to stop.", valueName: "t@source"))
    var at: StampArgument?

    @Flag(help: "Accepted for consistency; stdout is always JSON.")
    var json = false

    func run() async throws {
        let (path, reducer, stamp) = (file, reducer, at?.stamp)
        try await Interruption.watch(secondLimit: 1, on: OwnThread()) {
            let file = try LogFile(path, rules: .fork)
            let progress = ProgressLine()
            let result = try await Fold(file: file, reducer: reducer, usesCheckpoints: true)
                .state(at: stamp) { count in progress.show("\(count) actions") }
            progress.end { time in
                let how = result.checkpoint.map { "a checkpoint of \($0.count), " } ?? ""
                return "loaded \(result.count) actions in \(time): \(how)"
                    + "\(result.count - (result.checkpoint?.count ?? 0)) folded"
            }
            for reason in result.passedOver { StandardError.shared.note(reason) }
            try StandardOutput.shared.writeNow(Answer.value("state", result.state.json) + [0x0A])
            try file.requireNewest()
        }
    }
}
