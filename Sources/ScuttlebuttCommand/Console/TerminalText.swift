// SPDX-License-Identifier: MIT

/// Text of strangers, made safe for a terminal: it can neither move the cursor nor change a mode,
/// and it cannot show one text and mean another.
enum TerminalText {
    /// The maximum number of scalars of one character that are shown: a base may carry any number
    /// of marks, which would be drawn over the lines above.
    static let scalarLimit = 16

    /// Returns the text with control characters, marks that turn the direction of text, and other
    /// unseen characters written as escapes such as `\u{1B}`; line breaks stay.
    ///
    /// - Complexity: O(n).
    static func shown(_ text: String) -> String { shown(text, keepsBreaks: true) }

    /// Returns the text as one line, cut after this many characters.
    ///
    /// - Complexity: O(`limit`) for texts whose characters are of usual length.
    static func label(_ text: String, limit: Int) -> String {
        let head = text.prefix(limit)
        let isCut = head.endIndex < text.endIndex
        return shown(String(head), keepsBreaks: false) + (isCut ? "…" : "")
    }

    /// Whether a scalar may reach the terminal as it is.
    static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20..<0x7F: true
        case 0x200D: true  // the joiner that emoji need
        case 0x00AD, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F: false
        case 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE001F: false
        case 0x061C: false
        default: scalar.properties.generalCategory != .control
        }
    }

    private static func shown(_ text: String, keepsBreaks: Bool) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var result = String.UnicodeScalarView()
        var markCount = 0
        for scalar in text.unicodeScalars {
            markCount = CellWidth.of(scalar) == 0 ? markCount + 1 : 0
            if markCount >= scalarLimit { continue }
            if scalar == "\n", keepsBreaks {
                result.append(scalar)
            } else if isSafe(scalar) {
                result.append(scalar)
            } else {
                let number = String(scalar.value, radix: 16, uppercase: true)
                result.append(contentsOf: "\\u{\(number)}".unicodeScalars)
            }
        }
        return String(result)
    }
}
