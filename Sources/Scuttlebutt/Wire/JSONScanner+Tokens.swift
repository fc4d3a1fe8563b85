// SPDX-License-Identifier: MIT

extension JSONScanner {
    /// Returns the offset after the string literal that begins at `offset`.
    ///
    /// Checks escapes and UTF-8. An escaped unpaired surrogate is valid JSON and is accepted;
    /// decoding the string reports it.
    public func skipString(at offset: Int) throws(JSONError) -> Int {
        var index = offset + 1
        while true {
            index = skipPlain(at: index)
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, at: index) }
            let byte = bytes[index]
            if byte == Ascii.quote { return index + 1 }
            if byte == Ascii.backslash {
                index = try skipEscape(at: index)
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter, at: index)
            } else {
                let end = endOfScalar(at: index)
                guard end > index else { throw JSONError(.invalidUTF8, at: index) }
                index = end
            }
        }
    }

    /// Returns the first offset from `offset` on whose byte is a quote, a backslash, a control
    /// character, or not ASCII.
    @inline(__always)
    func skipPlain(at offset: Int) -> Int {
        var index = offset
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        // Check eight bytes at once: a byte that is not plain sets its top bit in `special`.
        if let base = bytes.baseAddress {
            while index <= bytes.count &- 8 {
                let word = UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
                let quotes = word ^ (ones &* 0x22)
                let escapes = word ^ (ones &* 0x5C)
                let special =
                    (word &- ones &* 0x20) | (quotes &- ones) | (escapes &- ones) | word
                let found = special & tops
                if found != 0 {
                    // A borrow can only cause false positives above a true one, so the lowest is
                    // true.
                    index &+= found.littleEndian.trailingZeroBitCount >> 3
                    return index
                }
                index &+= 8
            }
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte >= 0x80 || byte == Ascii.quote || byte == Ascii.backslash {
                break
            }
            index &+= 1
        }
        return index
    }

    /// Returns the offset after the escape at `offset`.
    private func skipEscape(at offset: Int) throws(JSONError) -> Int {
        guard offset + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: offset) }
        switch bytes[offset + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            return offset + 2
        case 0x75:
            guard offset + 6 <= bytes.count else { throw JSONError(.unexpectedEnd, at: offset) }
            for digit in offset + 2..<offset + 6 where Ascii.hexadecimal(bytes[digit]) == nil {
                throw JSONError(.invalidEscape, at: offset)
            }
            return offset + 6
        default:
            throw JSONError(.invalidEscape, at: offset)
        }
    }

    /// Returns the offset after the multi-byte UTF-8 sequence at `offset`, or `offset` itself if it
    /// is malformed, overlong, a surrogate, above U+10FFFF or truncated.
    @inline(__always)
    func endOfScalar(at offset: Int) -> Int {
        let left = bytes.count - offset
        let lead = bytes[offset]
        func isContinuation(_ distance: Int) -> Bool { bytes[offset + distance] & 0xC0 == 0x80 }
        switch lead {
        case 0xC2...0xDF:
            return left >= 2 && isContinuation(1) ? offset + 2 : offset
        case 0xE0...0xEF:
            guard left >= 3, isContinuation(1), isContinuation(2) else { return offset }
            let second = bytes[offset + 1]
            if lead == 0xE0, second < 0xA0 { return offset }
            if lead == 0xED, second > 0x9F { return offset }
            return offset + 3
        case 0xF0...0xF4:
            guard left >= 4, isContinuation(1), isContinuation(2), isContinuation(3) else {
                return offset
            }
            let second = bytes[offset + 1]
            if lead == 0xF0, second < 0x90 { return offset }
            if lead == 0xF4, second > 0x8F { return offset }
            return offset + 4
        default:
            return offset
        }
    }

    /// Returns the offset after the number at `offset`, which must strictly follow the grammar.
    public func skipNumber(at offset: Int) throws(JSONError) -> Int {
        var index = offset
        if index < bytes.count, bytes[index] == Ascii.minus { index += 1 }
        guard index < bytes.count else { throw JSONError(.unexpectedEnd, at: index) }
        if bytes[index] == Ascii.zero {
            index += 1
            if index < bytes.count, Ascii.isDigit(bytes[index]) {
                throw JSONError(.invalidNumber, at: offset)
            }
        } else {
            index = try skipDigits(at: index, of: offset)
        }
        if index < bytes.count, bytes[index] == Ascii.dot {
            index = try skipDigits(at: index + 1, of: offset)
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            index += 1
            if index < bytes.count, bytes[index] == Ascii.plus || bytes[index] == Ascii.minus {
                index += 1
            }
            index = try skipDigits(at: index, of: offset)
        }
        return index
    }

    /// Returns the offset after one or more digits.
    @inline(__always)
    private func skipDigits(at offset: Int, of number: Int) throws(JSONError) -> Int {
        var index = offset
        while index < bytes.count, Ascii.isDigit(bytes[index]) { index += 1 }
        if index == offset {
            throw index < bytes.count
                ? JSONError(.invalidNumber, at: number) : JSONError(.unexpectedEnd, at: index)
        }
        return index
    }

    /// Returns the offset after `true`, `false` or `null`.
    func skipLiteral(at offset: Int) throws(JSONError) -> Int {
        func matches(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard bytes.count - offset >= count else { return false }
            for index in 0..<count where bytes[offset + index] != text.utf8Start[index] {
                return false
            }
            return true
        }
        switch bytes[offset] {
        case 0x74 where matches("true"), 0x6E where matches("null"):
            return offset + 4
        case 0x66 where matches("false"):
            return offset + 5
        case 0x74, 0x6E, 0x66:
            throw JSONError(.invalidLiteral, at: offset)
        default:
            throw JSONError(.unexpectedByte, at: offset)
        }
    }
}
