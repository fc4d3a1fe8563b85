// SPDX-License-Identifier: MIT

/// Converts between JSON string literals and UTF-8.
public enum JSONString {
    /// What to decode an unpaired surrogate to, which UTF-8 cannot represent.
    public enum LoneSurrogate: Sendable {
        /// To U+FFFD, so that the result is valid UTF-8.
        case replaced
        /// To the three bytes it would have (WTF-8), so that two results are equal exactly if the
        /// strings are equal by UTF-16 code units. The result is not valid UTF-8.
        case generalised
    }

    /// The result of decoding.
    public struct Decoded: Hashable, Sendable {
        /// The offset after the closing quote.
        public let end: Int
        /// Whether the string contains an unpaired surrogate.
        public let hasLoneSurrogate: Bool
    }

    /// Decodes a string literal and appends its text as UTF-8.
    ///
    /// - Parameters:
    ///   - bytes: Bytes that contain the literal, validated by ``JSONScanner``. For other bytes,
    ///     the result is an error or arbitrary text, never a trap.
    ///   - offset: The offset of the opening quote.
    ///   - output: The array to append the text to.
    ///   - loneSurrogates: What to decode an unpaired surrogate to.
    /// - Throws: An error if the literal does not end or contains an unknown escape.
    public static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, into output: inout [UInt8],
        loneSurrogates: LoneSurrogate = .replaced
    ) throws(JSONError) -> Decoded {
        var index = offset + 1
        var hasLone = false
        while true {
            let start = index
            index = endOfRaw(bytes, at: index)
            if index > start { output.append(contentsOf: bytes[start..<index]) }
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, at: index) }
            if bytes[index] == Ascii.quote {
                return Decoded(end: index + 1, hasLoneSurrogate: hasLone)
            }
            guard index + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: index) }
            if let simple = simpleEscape(bytes[index + 1]) {
                output.append(simple)
                index += 2
                continue
            }
            guard let first = codeUnit(bytes, at: index) else {
                throw JSONError(.invalidEscape, at: index)
            }
            index += 6
            if first & 0xFC00 == 0xD800, let second = codeUnit(bytes, at: index),
                second & 0xFC00 == 0xDC00
            {
                index += 6
                append(0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF), to: &output)
            } else if first & 0xF800 == 0xD800 {
                hasLone = true
                append(loneSurrogates == .replaced ? 0xFFFD : first, to: &output)
            } else {
                append(first, to: &output)
            }
        }
    }

    /// Returns the text of the literal at `offset` as UTF-8.
    public static func decoded(
        _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int,
        loneSurrogates: LoneSurrogate = .replaced
    ) throws(JSONError) -> [UInt8] {
        var output: [UInt8] = []
        _ = try decode(bytes, at: offset, into: &output, loneSurrogates: loneSurrogates)
        return output
    }

    /// Returns the first offset from `offset` on that is a quote or a backslash, or the end.
    @inline(__always)
    static func endOfRaw(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        var index = offset
        let ones: UInt64 = 0x0101_0101_0101_0101
        if let base = bytes.baseAddress {
            while index <= bytes.count &- 8 {
                let word = UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
                let quotes = word ^ (ones &* 0x22)
                let escapes = word ^ (ones &* 0x5C)
                let found =
                    ((quotes &- ones) & ~quotes | (escapes &- ones) & ~escapes)
                    & (ones &* 0x80)
                if found != 0 { return index &+ found.littleEndian.trailingZeroBitCount >> 3 }
                index &+= 8
            }
        }
        while index < bytes.count, bytes[index] != Ascii.quote, bytes[index] != Ascii.backslash {
            index &+= 1
        }
        return index
    }

    @inline(__always)
    private static func simpleEscape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x22, 0x5C, 0x2F: byte
        case 0x62: 0x08
        case 0x66: 0x0C
        case 0x6E: 0x0A
        case 0x72: 0x0D
        case 0x74: 0x09
        default: nil
        }
    }

    /// Returns the code unit of the escape `\uXXXX` at `offset`, if there is one.
    private static func codeUnit(
        _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int
    ) -> UInt32? {
        guard offset + 6 <= bytes.count, bytes[offset] == Ascii.backslash,
            bytes[offset + 1] == 0x75
        else { return nil }
        var unit: UInt32 = 0
        for index in offset + 2..<offset + 6 {
            guard let digit = Ascii.hexadecimal(bytes[index]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 {
            UInt8(truncatingIfNeeded: scalar >> shift) & 0x3F | 0x80
        }
        switch scalar {
        case 0..<0x80:
            output.append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            output.append(UInt8(truncatingIfNeeded: scalar >> 6) | 0xC0)
            output.append(tail(0))
        case 0x800..<0x10000:
            output.append(UInt8(truncatingIfNeeded: scalar >> 12) | 0xE0)
            output.append(tail(6))
            output.append(tail(0))
        default:
            output.append(UInt8(truncatingIfNeeded: scalar >> 18) | 0xF0)
            output.append(tail(12))
            output.append(tail(6))
            output.append(tail(0))
        }
    }
}
