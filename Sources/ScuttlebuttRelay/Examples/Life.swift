// SPDX-License-Identifier: MIT

public import Redux
public import ScuttlebuttCoding

/// The state of the Life example: Conway's Game of Life on a board whose edges wrap.
public struct Life: Hashable, Codable, Sendable {
    /// The number of rows and of columns.
    public static let size = 30

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

    /// Flips a cell for `TOGGLE`, whose `payload` is `{"x":column,"y":row}`, computes the next
    /// generation for `STEP`, and clears the board for `RESET`.
    ///
    /// Actions of other types, and cells outside the board, change nothing.
    public static let reducer = Reducer<Life, RawAction> { state, action in
        state.apply(action, ExampleAction.kind(of: action))
    }

    mutating func apply(_ action: RawAction, _ kind: ExampleAction?) {
        switch kind {
        case .toggle: toggle(ExampleAction.payload(of: action))
        case .step: step()
        case .reset: self = Life()
        default: break
        }
    }

    private mutating func toggle(_ place: JSONValue?) {
        guard let column = Life.index(place?["x"]), let row = Life.index(place?["y"]) else {
            return
        }
        cells[row * Life.size + column] ^= 1
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

    /// Returns an index on the board; as in JavaScript, `3`, `3.0` and `3e0` are the same number.
    private static func index(_ value: JSONValue?) -> Int? {
        guard let number = value?.double, number >= 0, number < Double(size),
            number.rounded(.down) == number
        else { return nil }
        return Int(number)
    }

    /// The state as JSON, `{"grid":[[0,1,…],…]}`: rows of 0 and 1.
    public var json: [UInt8] {
        let rows = (0..<Life.size).map { row in
            let line = cells[row * Life.size..<(row + 1) * Life.size]
            return "[" + line.map { String($0) }.joined(separator: ",") + "]"
        }
        return Array("{\"grid\":[\(rows.joined(separator: ","))]}".utf8)
    }
}
