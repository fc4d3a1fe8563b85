// SPDX-License-Identifier: MIT

/// Iterates over the members of an object in validated bytes.
///
/// It is memory-safe for any bytes: if they are not valid, it ends early or returns arbitrary
/// ranges within them.
public struct JSONMembers {
    /// A member of an object.
    public struct Member: Hashable, Sendable {
        /// The range of the key's string literal, including its quotes.
        public let key: Range<Int>
        /// The range of the value without surrounding white space.
        public let value: Range<Int>
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index: Int

    /// Creates an iterator; returns `nil` if no object begins at `offset`, ignoring white space.
    public init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int = 0) {
        let start = JSONTrusted.skipWhitespace(bytes, at: offset)
        guard start < bytes.count, bytes[start] == Ascii.leftBrace else { return nil }
        self.bytes = bytes
        index = start + 1
    }

    /// Returns the next member, or `nil` after the last.
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

    /// Returns whether a key's literal represents `name`, which must be plain ASCII.
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

extension JSONMembers {
    /// Returns the offset after the value that begins at `offset` in validated bytes.
    public static func endOfValue(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
        JSONTrusted.endOfValue(bytes, at: offset)
    }
}
