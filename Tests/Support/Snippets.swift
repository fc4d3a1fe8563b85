// SPDX-License-Identifier: MIT

/// Programs that are printed on a page and compiled in a test, to be compared line by line.
public enum Snippets {
    /// One program.
    public struct Block: Equatable, Sendable {
        /// The heading it stands under; from the second of one heading on with its number, as in
        /// `Doc, 2`.
        public let name: String
        /// Without indentation.
        public let lines: [String]
    }

    /// The fenced blocks of a page.
    public static func printed(in page: String, language: String = "swift") -> [Block] {
        blocks(of: page, indent: 0, begin: { $0 == "```\(language)" ? "" : nil }, end: "```")
    }

    /// What stands between `// Begin NAME` and `// End` in a file, less its indentation.
    public static func compiled(in file: String, indent: Int = 8) -> [Block] {
        blocks(
            of: file, indent: indent,
            begin: { $0.hasPrefix("// Begin") ? String($0.dropFirst("// Begin ".count)) : nil },
            end: "// End")
    }

    /// What the calls of `print` in a program print, by the comments behind them.
    public static func expectedOutput(of lines: [String]) -> [String] {
        lines.filter { $0.hasPrefix("print(") }.map { line in
            line.split(separator: "  // ", omittingEmptySubsequences: false).last.map(String.init)
                ?? ""
        }
    }

    /// The lines of blocks by their names.
    public static func byName(_ blocks: [Block]) -> [String: [String]] {
        Dictionary(blocks.map { ($0.name, $0.lines) }, uniquingKeysWith: +)
    }

    private static func blocks(
        of path: String, indent: Int, begin: (Substring) -> String?, end: String
    ) -> [Block] {
        var blocks: [Block] = []
        var counts: [String: Int] = [:]
        var heading = ""
        var open: (name: String, lines: [String])?
        for line in Fixtures.lines(path) {
            let trimmed = line.drop { $0 == " " }
            if let block = open {
                if trimmed == end {
                    blocks.append(Block(name: block.name, lines: block.lines))
                    open = nil
                } else {
                    open?.lines.append(String(line.dropFirst(indent)))
                }
            } else if let given = begin(trimmed) {
                let name = given.isEmpty ? heading : given
                counts[name, default: 0] += 1
                let count = counts[name] ?? 1
                open = (count == 1 ? name : "\(name), \(count)", [])
            } else if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            }
        }
        return blocks
    }
}
