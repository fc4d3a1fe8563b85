// SPDX-License-Identifier: MIT

/// Iterates over the elements of an array in validated bytes.
///
/// It is memory-safe for any bytes: if they are not valid, it ends early or returns arbitrary
/// ranges within them.
public struct JSONElements {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index: Int

    /// Creates an iterator; returns `nil` if no array begins at `offset`, ignoring white space.
    public init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int = 0) {
        let start = JSONTrusted.skipWhitespace(bytes, at: offset)
        guard start < bytes.count, bytes[start] == Ascii.leftBracket else { return nil }
        self.bytes = bytes
        index = start + 1
    }

    /// Returns the range of the next element without surrounding white space, or `nil` after the
    /// last.
    public mutating func next() -> Range<Int>? {
        index = JSONTrusted.skipWhitespace(bytes, at: index)
        if index < bytes.count, bytes[index] == Ascii.comma {
            index = JSONTrusted.skipWhitespace(bytes, at: index + 1)
        }
        guard index < bytes.count, bytes[index] != Ascii.rightBracket else { return nil }
        let start = index
        index = JSONTrusted.endOfValue(bytes, at: start)
        guard index > start else { return nil }
        return start..<index
    }
}
