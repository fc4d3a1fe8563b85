// SPDX-License-Identifier: MIT

/// Blanks what the compiler does not run: comments and the text of string literals.
///
/// Code inside an interpolation stays. Newlines stay, so line numbers do too. Regular-expression
/// literals are not known to it.
struct CodeBlanker {
    private enum Mode {
        /// Code; `depth` counts the open parentheses inside an interpolation.
        case code(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    private let input: [UInt8]
    private var output: [UInt8] = []
    private var index = 0
    private var modes: [Mode] = [.code(depth: 0)]

    static func blank(_ text: String) -> String {
        var blanker = CodeBlanker(input: Array(text.utf8))
        blanker.run()
        return String(decoding: blanker.output, as: UTF8.self)
    }

    private init(input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    private mutating func run() {
        while index < input.count {
            switch modes[modes.count - 1] {
            case .code(let depth): code(depth)
            case .string(let hashes, let isMultiline): string(hashes, isMultiline)
            }
        }
    }

    private mutating func code(_ depth: Int) {
        if starts("//") {
            while index < input.count, input[index] != newline { blank(1) }
        } else if starts("/*") {
            blockComment()
        } else if let hashes = openingHashes() {
            keep(hashes)
            let isMultiline = starts("\"\"\"")
            keep(isMultiline ? 3 : 1)
            modes.append(.string(hashes: hashes, isMultiline: isMultiline))
        } else {
            let byte = input[index]
            if modes.count > 1 {
                if byte == UInt8(ascii: "(") { modes[modes.count - 1] = .code(depth: depth + 1) }
                if byte == UInt8(ascii: ")") {
                    if depth == 0 {
                        modes.removeLast()
                    } else {
                        modes[modes.count - 1] = .code(depth: depth - 1)
                    }
                }
            }
            keep(1)
        }
    }

    private mutating func string(_ hashes: Int, _ isMultiline: Bool) {
        let marks = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + marks
        if starts(end) || (!isMultiline && input[index] == newline) {
            modes.removeLast()
            keep(input[index] == newline ? 1 : end.utf8.count)
        } else if starts("\\" + marks + "(") {
            keep(hashes + 2)
            modes.append(.code(depth: 0))
        } else if starts("\\" + marks) {
            blank(hashes + 2)
        } else {
            blank(1)
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && index < input.count
    }

    /// The number of `#` before a quotation mark that opens a literal here.
    private func openingHashes() -> Int? {
        var end = index
        while end < input.count, input[end] == UInt8(ascii: "#") { end += 1 }
        return end < input.count && input[end] == UInt8(ascii: "\"") ? end - index : nil
    }

    private func starts(_ text: String) -> Bool {
        let bytes = text.utf8
        return input.count - index >= bytes.count
            && input[index..<(index + bytes.count)].elementsEqual(bytes)
    }

    private var newline: UInt8 { UInt8(ascii: "\n") }

    private mutating func keep(_ count: Int) {
        output.append(contentsOf: input[index..<Swift.min(index + count, input.count)])
        index += count
    }

    private mutating func blank(_ count: Int) {
        for byte in input[index..<Swift.min(index + count, input.count)] {
            output.append(byte == newline ? newline : UInt8(ascii: " "))
        }
        index += count
    }
}
