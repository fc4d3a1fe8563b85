// SPDX-License-Identifier: MIT

/// Walks over the members of one object in validated bytes.
///
/// It trusts the bytes only for speed: on others it ends early or yields odd ranges inside of
/// them, and never reads outside.
public struct JSONMembers {
    /// One member of an object.
    public struct Member: Hashable, Sendable {
        /// The key's string literal, quotes included.
        public let key: Range<Int>
        /// The value, without white space around it.
        public let value: Range<Int>
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index: Int

    /// Makes a walk, or `nil` when no object begins at `offset` (white space may precede it).
    public init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int = 0) {
        let start = JSONTrusted.skipWhitespace(bytes, at: offset)
        guard start < bytes.count, bytes[start] == Ascii.leftBrace else { return nil }
        self.bytes = bytes
        index = start + 1
    }

    /// The next member, or `nil` behind the last.
    public mutating func next() -> Member? {
        index = JSONTrusted.skipWhitespace(bytes, at: index)
        if index < bytes.count, bytes[index] == Ascii.comma {
            index = JSONTrusted.skipWhitespace(bytes, at: index + 1)
        }
        guard index < bytes.count, bytes[index] == Ascii.quote else { return nil }
        let key = index
        let keyEnd = JSONTrusted.endOfString(bytes, at: key)
        let colon = JSONTrusted.skipWhitespace(bytes, at: keyEnd)
        guard colon < bytes.count, bytes[colon] == Ascii.colon else { return nil }
        let value = JSONTrusted.skipWhitespace(bytes, at: colon + 1)
        index = JSONTrusted.endOfValue(bytes, at: value)
        guard index > value else { return nil }
        return Member(key: key..<keyEnd, value: value..<index)
    }

    /// Whether a key's literal stands for `name`, which is plain ASCII.
    public static func key(
        _ literal: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>, is name: StaticString
    ) -> Bool {
        let count = name.utf8CodeUnitCount
        if literal.count == count + 2 {
            for index in 0..<count
            where bytes[literal.lowerBound + 1 + index] != name.utf8Start[index] {
                return false
            }
            return true
        }
        guard literal.count > count + 2, bytes[literal].contains(Ascii.backslash),
            let decoded = try? JSONString.decoded(bytes, at: literal.lowerBound)
        else { return false }
        guard decoded.count == count else { return false }
        for index in 0..<count where decoded[index] != name.utf8Start[index] { return false }
        return true
    }
}

/// Finds ends in bytes that a ``JSONScanner`` has validated, without checking them again.
enum JSONTrusted {
    @inline(__always)
    static func skipWhitespace(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        var index = offset
        while index < bytes.count, Ascii.isWhitespace(bytes[index]) { index += 1 }
        return index
    }

    /// The offset behind the literal whose opening quote stands at `offset`.
    static func endOfString(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        var index = offset + 1
        while true {
            index = JSONString.endOfRaw(bytes, at: index)
            guard index < bytes.count else { return bytes.count }
            if bytes[index] == Ascii.quote { return index + 1 }
            index += 2
        }
    }

    /// The offset behind the value that begins at `offset`, at most `bytes.count`.
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

extension JSONMembers {
    /// The offset behind the value that begins at `offset` of validated bytes.
    public static func endOfValue(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        JSONTrusted.endOfValue(bytes, at: offset)
    }
}
