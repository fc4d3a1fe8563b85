// SPDX-License-Identifier: MIT

/// The JSON strings in which Primus wraps lines.
enum PrimusString {
    /// Decodes the JSON string `text` and appends its bytes to `string`.
    ///
    /// An unpaired surrogate cannot be represented in UTF-8; it becomes its six-character escape,
    /// which means the same inside the JSON line that the string holds.
    ///
    /// - Returns: `false` if the text is not exactly one JSON string.
    static func decode(_ text: UnsafeRawBufferPointer, into string: inout [UInt8]) -> Bool {
        var start = 0
        var end = text.count
        while start < end, isSpace(text[start]) { start += 1 }
        while start < end, isSpace(text[end - 1]) { end -= 1 }
        guard end - start >= 2, text[start] == quote, text[end - 1] == quote else { return false }
        var index = start + 1
        end -= 1
        string.reserveCapacity(end - index)
        var run = index
        while index < end {
            let byte = text[index]
            if byte == backslash {
                string.append(contentsOf: text[run..<index])
                guard decodeEscape(text, &index, end, into: &string) else { return false }
                run = index
            } else if byte < 0x20 || byte == quote {
                return false
            } else {
                index += 1
            }
        }
        string.append(contentsOf: text[run..<end])
        return true
    }

    private static func decodeEscape(
        _ text: UnsafeRawBufferPointer, _ index: inout Int, _ end: Int, into string: inout [UInt8]
    ) -> Bool {
        guard index + 1 < end else { return false }
        let letter = text[index + 1]
        index += 2
        switch letter {
        case quote, backslash, UInt8(ascii: "/"): string.append(letter)
        case UInt8(ascii: "b"): string.append(0x08)
        case UInt8(ascii: "f"): string.append(0x0C)
        case UInt8(ascii: "n"): string.append(0x0A)
        case UInt8(ascii: "r"): string.append(0x0D)
        case UInt8(ascii: "t"): string.append(0x09)
        case UInt8(ascii: "u"):
            guard let first = hexadecimal(text, index, end) else { return false }
            index += 4
            if let scalar = Unicode.Scalar(first) {
                string.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            } else if first < 0xDC00, index + 1 < end, text[index] == backslash,
                text[index + 1] == UInt8(ascii: "u"),
                let second = hexadecimal(text, index + 2, end), (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            {
                index += 6
                string.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            } else {
                string.append(contentsOf: text[index - 6..<index])
            }
        default: return false
        }
        return true
    }

    private static func hexadecimal(
        _ text: UnsafeRawBufferPointer, _ index: Int, _ end: Int
    ) -> UInt32? {
        guard index + 4 <= end else { return nil }
        var value: UInt32 = 0
        for byte in text[index..<index + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 55)
            default: return nil
            }
        }
        return value
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
}
