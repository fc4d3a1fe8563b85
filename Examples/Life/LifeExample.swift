// SPDX-License-Identifier: MIT

import ExampleReducers
import Foundation
import Redux
import ReduxScuttlebutt
import ScuttlebuttNIO
import ScuttlebuttSQLite

// What can happen and what it does to the board is in `Sources/ExampleReducers/Life.swift`: the
// server folds with it too, and so does the page at /life.

extension Life {
    /// The board as lines of `#` and `.`.
    fileprivate var picture: String {
        (0..<Life.size).map { row in
            (0..<Life.size).map { isAlive(column: $0, row: row) ? "#" : "." }.joined()
        }.joined(separator: "\n")
    }
}

/// A shared board: `Life [ADDRESS] [--store FILE]`, then `toggle X Y`, `step`, `reset`, `show`.
@main
struct LifeExample {
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
        let store: GossipStore<Life, Life.Action>
        if let file {
            store = try await GossipStore(
                Life.self, storage: SQLiteStorage.open(file, mode: .createIfMissing))
        } else {
            store = try GossipStore(Life.self)
        }
        show("\(store.state.population) cells live")
        let subscription = store.subscribe { [unowned store] in
            show("\(store.state.population) cells live")
        }
        store.connect(try .webSocket(address))

        reading: while let line = readLine() {
            let words = line.split(separator: " ")
            switch words.first {
            case "toggle":
                guard words.count == 3, let x = Int(words[1]), let y = Int(words[2]) else {
                    show("toggle needs a column and a row, both from 0 to \(Life.size - 1)")
                    continue
                }
                store.dispatch(.toggle(x: x, y: y))
            case "step": store.dispatch(.step)
            case "reset": store.dispatch(.reset)
            case "show": show(store.state.picture)
            case "quit": break reading
            case nil: break
            default: show("toggle X Y turns a cell over; step, reset, show, quit")
            }
        }
        subscription.cancel()
        await store.shutDown()
    }
}

/// Writes a line at once, also into a pipe, where `print` would wait for more.
func show(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
