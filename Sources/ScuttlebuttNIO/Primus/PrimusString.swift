// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The JSON strings in which Primus wraps lines.
enum PrimusString {
    /// Decodes the JSON string `text`, which is UTF-8, and appends its bytes to `string`.
    ///
    /// An unpaired surrogate cannot be represented in UTF-8; it becomes its six-character escape,
    /// which means the same inside the JSON line that the string holds.
    ///
    /// - Returns: `false` if the text is not exactly one JSON string.
    static func decode(_ text: UnsafeRawBufferPointer, into string: inout [UInt8]) -> Bool {
        let text = text.bindMemory(to: UInt8.self)
        guard let start = text.firstIndex(where: { !isSpace($0) }), text[start] == quote,
            let last = text.lastIndex(where: { !isSpace($0) })
        else { return false }
        let literal = UnsafeBufferPointer(rebasing: text[start...last])
        let before = string.count
        guard literal.reduce(.max, min) >= 0x20,
            let decoded = try? JSONString.decode(
                literal, at: 0, into: &string, loneSurrogates: .generalised),
            decoded.end == literal.count
        else { return false }
        if decoded.hasLoneSurrogate { escapeSurrogates(in: &string, from: before) }
        return true
    }

    /// Replaces each surrogate, three bytes that UTF-8 does not contain, by its escape.
    private static func escapeSurrogates(in string: inout [UInt8], from start: Int) {
        let text = Array(string[start...])
        string.removeSubrange(start...)
        var index = 0
        while index < text.count {
            if text[index] == 0xED, index + 2 < text.count, text[index + 1] >= 0xA0 {
                let unit =
                    0xD000 | UInt32(text[index + 1] & 0x3F) << 6 | UInt32(text[index + 2] & 0x3F)
                string += "\\u\(String(unit, radix: 16))".utf8
                index += 3
            } else {
                string.append(text[index])
                index += 1
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static let quote = UInt8(ascii: "\"")
}
