// SPDX-License-Identifier: MIT

/// Walks over the elements of one array in validated bytes.
///
/// It trusts the bytes only for speed: on others it ends early or yields odd ranges inside of
/// them, and never reads outside.
public struct JSONElements {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index: Int

    /// Makes a walk, or `nil` when no array begins at `offset` (white space may precede it).
    public init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int = 0) {
        let start = JSONTrusted.skipWhitespace(bytes, at: offset)
        guard start < bytes.count, bytes[start] == Ascii.leftBracket else { return nil }
        self.bytes = bytes
        index = start + 1
    }

    /// Where the next element stands, without white space around it, or `nil` behind the last.
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
