// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttSQLite

/// What can happen.
///
/// The strings are what travels between the peers, as `{"type":"INCREMENT"}`; they are those of the
/// page at /counter, so that this program and the page count together.
enum Count: String, GossipAction {
    case increment = "INCREMENT"
    case decrement = "DECREMENT"
    case incrementOdd = "INCREMENT_ODD"
}

/// What an action does to the state.
///
/// Every peer runs it over everybody's actions, in one order, and again when a late action takes
/// its place; so it may depend on nothing but its arguments.
let counter = Reducer<Int, Count> { count, action in
    switch action {
    case .increment: count += 1
    case .decrement: count -= 1
    case .incrementOdd: if count % 2 != 0 { count += 1 }
    }
}

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
        let store: GossipStore<Int, Count>
        if let file {
            store = try await GossipStore(
                initial: 0, reducer: counter,
                storage: SQLiteStorage.open(file, mode: .createIfMissing))
        } else {
            store = try GossipStore(initial: 0, reducer: counter)
        }

        // Called after each own action, and once for each batch of actions that came from others.
        show("\(store.state)")
        let subscription = store.subscribe { [unowned store] in show("\(store.state)") }

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
