// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttSQLite

/// What can happen, as on the page at /life: `{"type":"TOGGLE","payload":{"x":3,"y":4}}`, where the
/// labels of the values are the keys, and `{"type":"STEP"}` and `{"type":"RESET"}`.
///
/// What the peers share is these few bytes and never the board: everybody works it out.
enum LifeAction: GossipAction {
    case toggle(x: Int, y: Int)
    case step
    case reset

    enum CodingKeys: String, CodingKey {
        case toggle = "TOGGLE"
        case step = "STEP"
        case reset = "RESET"
    }
}

/// Conway's Life on 30 by 30 cells whose edges wrap.
struct Board: Hashable, Sendable {
    static let size = 30
    private var cells = [Bool](repeating: false, count: size * size)

    subscript(x: Int, y: Int) -> Bool {
        get { cells[wrapped(y) * Board.size + wrapped(x)] }
        set { cells[wrapped(y) * Board.size + wrapped(x)] = newValue }
    }

    var population: Int { cells.count { $0 } }

    var generation: Board {
        var next = self
        for y in 0..<Board.size {
            for x in 0..<Board.size {
                let neighbours = neighbours(x, y)
                next[x, y] = neighbours == 3 || (self[x, y] && neighbours == 2)
            }
        }
        return next
    }

    var picture: String {
        (0..<Board.size).map { y in
            (0..<Board.size).map { x in self[x, y] ? "#" : "." }.joined()
        }.joined(separator: "\n")
    }

    private func neighbours(_ x: Int, _ y: Int) -> Int {
        var count = self[x, y] ? -1 : 0
        for row in y - 1...y + 1 {
            for column in x - 1...x + 1 where self[column, row] { count += 1 }
        }
        return count
    }

    private func wrapped(_ index: Int) -> Int {
        (index % Board.size + Board.size) % Board.size
    }
}

let life = Reducer<Board, LifeAction> { board, action in
    switch action {
    case .toggle(let x, let y):
        // Anybody may send anything: a reducer says what happens to what makes no sense.
        guard (0..<Board.size).contains(x), (0..<Board.size).contains(y) else { return }
        board[x, y].toggle()
    case .step: board = board.generation
    case .reset: board = Board()
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
        let store: GossipStore<Board, LifeAction>
        if let file {
            store = try await GossipStore(
                initial: Board(), reducer: life,
                storage: SQLiteStorage.open(file, mode: .createIfMissing))
        } else {
            store = try GossipStore(initial: Board(), reducer: life)
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
                    show("toggle needs a column and a row, both from 0 to \(Board.size - 1)")
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
