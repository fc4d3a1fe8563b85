// SPDX-License-Identifier: MIT

/// The lines of a text.
enum TextLines {
    /// The lines without their line feeds; an empty text has one empty line.
    static func cut(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        text.split(separator: 0x0A, omittingEmptySubsequences: false)
    }

    /// The lines, each with its line feed; the last has none.
    static func cutKeepingLineFeeds(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = text[...]
        while let end = rest.firstIndex(of: 0x0A) {
            lines.append(rest[...end])
            rest = rest[(end + 1)...]
        }
        lines.append(rest)
        return lines
    }
}
