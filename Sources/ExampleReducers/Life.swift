// SPDX-License-Identifier: MIT

public import PortableReducers
public import Scuttlebutt

/// Conway's Game of Life on a board whose edges wrap.
///
/// What the peers share is a few bytes for each action and never the board: everybody works it out.
public struct Life: PortableState, Hashable {
    /// What can happen.
    public enum Action: PortableAction, Hashable {
        /// Flips a cell; travels as `{"type":"TOGGLE","payload":{"x":column,"y":row}}`.
        case toggle(x: Int, y: Int)
        /// Computes the next generation.
        case step
        /// Clears the board.
        case reset

        /// The name of each case on the wire.
        public var type: StaticString {
            switch self {
            case .toggle: "TOGGLE"
            case .step: "STEP"
            case .reset: "RESET"
            }
        }

        /// Decodes an action; a cell outside the board makes it none of these.
        public init?(_ action: ActionText) {
            switch action.type {
            case "TOGGLE":
                let board = 0..<Life.size
                guard let x = action.payload?["x"]?.integer(in: board),
                    let y = action.payload?["y"]?.integer(in: board)
                else { return nil }
                self = .toggle(x: x, y: y)
            case "STEP": self = .step
            case "RESET": self = .reset
            default: return nil
            }
        }

        /// Writes the place of a cell.
        public func writePayload(to json: inout JSONOutput) {
            guard case .toggle(let x, let y) = self else { return }
            json.object {
                $0.member("x", x)
                $0.member("y", y)
            }
        }
    }

    /// The number of rows and of columns.
    public static var size: Int { 30 }

    /// The cells in row-major order; 1 is alive, 0 is dead.
    public private(set) var cells = [UInt8](repeating: 0, count: size * size)

    /// Creates the initial state, in which all cells are dead.
    public init() {}

    /// The number of live cells.
    public var population: Int { cells.reduce(0) { $0 + Int($1) } }

    /// Returns whether the cell at a column and row, which count from 0 and wrap, is alive.
    public func isAlive(column: Int, row: Int) -> Bool {
        cells[Life.wrapped(row) * Life.size + Life.wrapped(column)] == 1
    }

    /// Changes the board; a cell outside it, which a program may dispatch, changes nothing.
    public mutating func reduce(_ action: Action, at stamp: Stamp?) {
        switch action {
        case .toggle(let x, let y):
            guard (0..<Life.size).contains(x), (0..<Life.size).contains(y) else { return }
            cells[y * Life.size + x] ^= 1
        case .step: step()
        case .reset: self = Life()
        }
    }

    private mutating func step() {
        var next = cells
        for row in 0..<Life.size {
            for column in 0..<Life.size {
                let neighbours = neighbours(column, row)
                let place = row * Life.size + column
                next[place] = neighbours == 3 || (cells[place] == 1 && neighbours == 2) ? 1 : 0
            }
        }
        cells = next
    }

    private func neighbours(_ column: Int, _ row: Int) -> Int {
        var sum = -Int(cells[row * Life.size + column])
        for y in row - 1...row + 1 {
            for x in column - 1...column + 1 {
                sum += Int(cells[Life.wrapped(y) * Life.size + Life.wrapped(x)])
            }
        }
        return sum
    }

    private static func wrapped(_ index: Int) -> Int {
        let rest = index % size
        return rest < 0 ? rest + size : rest
    }

    /// Writes `{"grid":[[0,1,…],…]}`: rows of 0 and 1.
    public func write(to json: inout JSONOutput) {
        json.object { json in
            json.key("grid")
            json.array { json in
                for row in 0..<Life.size {
                    json.array { json in
                        for column in 0..<Life.size {
                            json.value(Int64(cells[row * Life.size + column]))
                        }
                    }
                }
            }
        }
    }

    /// Writes how many cells live for the view `population`, and for `living` which: row times 30
    /// plus column, ascending.
    public func write(_ view: ViewRequest, to json: inout JSONOutput) -> Bool {
        switch view.name {
        case "population": json.value(population)
        case "living":
            json.array { json in
                for place in cells.indices where cells[place] == 1 { json.value(place) }
            }
        default: return false
        }
        return true
    }
}

#if !hasFeature(Embedded)
    // For checkpoints in a store. Embedded Swift has no `Codable`.
    extension Life: Codable {}
#endif
