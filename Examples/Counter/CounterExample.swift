// SPDX-License-Identifier: MIT

import ExampleReducers
import Foundation
import Redux
import ReduxScuttlebutt
import ScuttlebuttNIO
import ScuttlebuttSQLite

// What can happen and what it does to the number is in `Sources/ExampleReducers/Counter.swift`: the
// server folds with it too, and so does the page at /counter.

/// A shared counter: `Counter [ADDRESS] [--store FILE]`, then `+`, `-` and `odd`, one per line.
@main
struct CounterExample {
    // On the main actor, whose thread `readLine` may block; the store does its work on others.
    @MainActor
    static func main() async {
        do {
            try await run()
        } catch {
            show("\(error)")
            exit(2)
        }
    }

    @MainActor
    static func run() async throws {
        var address = "ws://127.0.0.1:3000/ws"
        var file: String?
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            if argument == "--store" { file = arguments.popFirst() } else { address = argument }
        }

        // With a file, an own action is on disk before it leaves, and the log is there again at the
        // next start. Without one, everything is fetched from the peers.
        let store: GossipStore<Counter, Counter.Action>
        if let file {
            store = try await GossipStore(
                Counter.self, storage: SQLiteStorage.open(file, mode: .createIfMissing))
        } else {
            store = try GossipStore(Counter.self)
        }

        // Called after each own action, and once for each batch of actions that came from others.
        show("\(store.state.value)")
        let subscription = store.subscribe { [unowned store] in
            show("\(store.state.value)")
        }

        // Dials now, and again whenever the connection is lost. Nobody need be there yet.
        store.connect(try .webSocket(address))

        reading: while let line = readLine() {
            switch line {
            case "+": store.dispatch(.increment)
            case "-": store.dispatch(.decrement)
            case "odd": store.dispatch(.incrementOdd)
            case "": break
            case "quit": break reading
            default: show("+ counts up, - down, odd counts up when odd, quit ends")
            }
        }
        subscription.cancel()
        await store.shutDown()
    }
}

/// Writes a line at once, also into a pipe, where `print` would wait for more.
func show(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
