// SPDX-License-Identifier: MIT

@testable import ScuttlebuttCommand

/// A terminal as far as our programs use one: what a person would see after these characters.
///
/// It knows no scrolling; a sequence that our programs never send makes it remember a fault.
struct Screen {
    private(set) var rows: [[Character]] = [[]]
    private(set) var row = 0
    private(set) var column = 0
    private(set) var faults: [String] = []
    private let width: Int

    init(width: Int) { self.width = width }

    /// What is seen, without blanks at the end of rows and without empty rows at the end.
    var text: [String] {
        var lines = rows.map { cells in
            String(String(cells.filter { $0 != "\0" }).reversed().drop { $0 == " " }.reversed())
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    mutating func draw(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        var plain = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar.value >= 0x20, scalar.value != 0x7F {
                plain.append(scalar)
                continue
            }
            put(String(plain))
            plain = .init()
            switch scalar {
            case "\r": column = 0
            case "\n": (row, column) = (row + 1, 0)
            case "\u{07}": break
            case "\u{1B}": control(&rest)
            default: faults.append("control character \(scalar.value)")
            }
            while rows.count <= row { rows.append([]) }
        }
        put(String(plain))
    }

    private mutating func control(_ rest: inout ArraySlice<Unicode.Scalar>) {
        guard rest.popFirst() == "[" else { return faults.append("escape without bracket") }
        var number = ""
        while let scalar = rest.popFirst() {
            guard scalar.properties.isAlphabetic else {
                number.unicodeScalars.append(scalar)
                continue
            }
            let count = Int(number) ?? 1
            switch scalar {
            case "K": rows[row].removeSubrange(min(column, rows[row].count)...)
            case "J":
                rows[row].removeSubrange(min(column, rows[row].count)...)
                rows.removeSubrange((row + 1)...)
            case "C": column += count
            case "A": row -= count
            case "h" where number == "?2004", "l" where number == "?2004": break
            default: faults.append("sequence \(number)\(scalar)")
            }
            return
        }
    }

    private mutating func put(_ text: String) {
        for character in text {
            let cells = CellWidth.of(character)
            if column + cells > width { (row, column) = (row + 1, 0) }
            while rows.count <= row { rows.append([]) }
            while rows[row].count < column + cells { rows[row].append(" ") }
            if cells > 0 { rows[row][column] = character }
            if cells > 1 { rows[row][column + 1] = "\0" }
            column += cells
        }
    }
}
