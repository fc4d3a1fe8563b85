// SPDX-License-Identifier: MIT

extension JSONString {
    /// Appends a string literal exactly as JavaScript's `JSON.stringify` prints it.
    ///
    /// Escapes quotes, backslashes and control characters (`\b \t \n \f \r`, otherwise `\u00xx` in
    /// lower case). Everything else, including U+2028 and U+2029, is not escaped.
    ///
    /// - Parameters:
    ///   - utf8: The text as valid UTF-8.
    ///   - output: The array to append the literal to, including its quotes.
    public static func encode(
        _ utf8: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
    ) {
        output.append(Ascii.quote)
        var start = 0
        var index = 0
        while true {
            index = endOfUnescaped(utf8, at: index)
            if index > start { output.append(contentsOf: utf8[start..<index]) }
            guard index < utf8.count else { break }
            appendEscape(utf8[index], to: &output)
            index += 1
            start = index
        }
        output.append(Ascii.quote)
    }

    /// Appends a string literal like ``encode(_:into:)-(UnsafeBufferPointer<UInt8>,_)``.
    public static func encode(_ utf8: [UInt8], into output: inout [UInt8]) {
        utf8.withUnsafeBufferPointer { encode($0, into: &output) }
    }

    /// Appends a string literal in which U+2028 and U+2029 are escaped too, as in Primus frames.
    public static func encodeForFrame(
        _ utf8: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
    ) {
        output.append(Ascii.quote)
        var start = 0
        var index = 0
        while index < utf8.count {
            let byte = utf8[index]
            let isSeparator =
                byte == 0xE2 && index + 2 < utf8.count && utf8[index + 1] == 0x80
                && utf8[index + 2] & 0xFE == 0xA8
            guard isSeparator || isEscaped(byte) else {
                index += 1
                continue
            }
            if index > start { output.append(contentsOf: utf8[start..<index]) }
            if isSeparator {
                appendUnit(0x2000 | UInt32(utf8[index + 2] & 0x01) | 0x28, to: &output)
                index += 3
            } else {
                appendEscape(byte, to: &output)
                index += 1
            }
            start = index
        }
        if index > start { output.append(contentsOf: utf8[start..<index]) }
        output.append(Ascii.quote)
    }

    /// Appends a string literal in which U+2028 and U+2029 are escaped too, as in Primus frames.
    public static func encodeForFrame(_ utf8: [UInt8], into output: inout [UInt8]) {
        utf8.withUnsafeBufferPointer { encodeForFrame($0, into: &output) }
    }

    /// Returns the first offset from `offset` on whose byte needs an escape, or the end.
    @inline(__always)
    private static func endOfUnescaped(
        _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int
    ) -> Int {
        var index = offset
        let ones: UInt64 = 0x0101_0101_0101_0101
        if let base = bytes.baseAddress {
            while index <= bytes.count &- 8 {
                let word = UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
                let quotes = word ^ (ones &* 0x22)
                let escapes = word ^ (ones &* 0x5C)
                let found =
                    ((word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes
                        | (escapes &- ones) & ~escapes) & (ones &* 0x80)
                if found != 0 { return index &+ found.littleEndian.trailingZeroBitCount >> 3 }
                index &+= 8
            }
        }
        while index < bytes.count, !isEscaped(bytes[index]) { index &+= 1 }
        return index
    }

    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == Ascii.quote || byte == Ascii.backslash
    }

    private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        let short: UInt8? =
            switch byte {
            case 0x22, 0x5C: byte
            case 0x08: 0x62
            case 0x09: 0x74
            case 0x0A: 0x6E
            case 0x0C: 0x66
            case 0x0D: 0x72
            default: nil
            }
        if let short {
            output.append(Ascii.backslash)
            output.append(short)
        } else {
            appendUnit(UInt32(byte), to: &output)
        }
    }

    private static func appendUnit(_ unit: UInt32, to output: inout [UInt8]) {
        output.append(Ascii.backslash)
        output.append(0x75)
        output.append(Ascii.lowerHexadecimal(unit >> 12))
        output.append(Ascii.lowerHexadecimal(unit >> 8))
        output.append(Ascii.lowerHexadecimal(unit >> 4))
        output.append(Ascii.lowerHexadecimal(unit))
    }
}
