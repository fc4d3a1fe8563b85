// SPDX-License-Identifier: MIT

/// Finds the ends of values in bytes that ``JSONScanner`` has validated, without checking them
/// again.
enum JSONTrusted {
    @inline(__always)
    static func skipWhitespace(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        var index = offset
        while index < bytes.count, Ascii.isWhitespace(bytes[index]) { index += 1 }
        return index
    }

    /// Returns the offset after the string literal that begins at `offset`.
    static func endOfString(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        var index = offset + 1
        while true {
            index = JSONString.endOfRaw(bytes, at: index)
            guard index < bytes.count else { return bytes.count }
            if bytes[index] == Ascii.quote { return index + 1 }
            index += 2
        }
    }

    /// Returns the offset after the value that begins at `offset`, at most `bytes.count`.
    static func endOfValue(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        var index = offset
        var depth = 0
        while index < bytes.count {
            switch bytes[index] {
            case Ascii.quote:
                index = endOfString(bytes, at: index)
                if depth == 0 { return index }
            case Ascii.leftBrace, Ascii.leftBracket:
                depth += 1
                index += 1
            case Ascii.rightBrace, Ascii.rightBracket:
                if depth == 0 { return index }
                depth -= 1
                index += 1
                if depth == 0 { return index }
            case Ascii.comma, 0x20, 0x0A, 0x0D, 0x09:
                if depth == 0 { return index }
                index += 1
            default:
                index += 1
            }
        }
        return bytes.count
    }
}
