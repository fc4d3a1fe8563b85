// SPDX-License-Identifier: MIT

/// The bounds of a JSON value.
///
/// A value that exceeds them is refused, but the rest of its line is still read.
public struct JSONBounds: Hashable, Sendable {
    /// The maximum nesting of arrays and objects, by default 256; `[]` has depth 1.
    public var depth: Int
    /// The maximum length of a string literal in bytes between its quotes; by default 10,485,760,
    /// like that of a line.
    public var stringByteCount: Int
    /// The maximum total number of elements and members of all arrays and objects, by default 2^20.
    public var elementCount: Int

    /// Creates bounds with the defaults given for each property.
    public init(
        depth: Int = 256, stringByteCount: Int = 10_485_760, elementCount: Int = 1 << 20
    ) {
        self.depth = depth
        self.stringByteCount = stringByteCount
        self.elementCount = elementCount
    }
}
