// SPDX-License-Identifier: MIT

/// Complete wire lines that arrived together, in one buffer.
public struct InboundLines: Sendable {
    /// The bytes of all lines.
    ///
    /// Bytes between the ranges (newlines, framing) have no meaning.
    public var bytes: [UInt8]
    /// The range of each line in ``bytes``, without its newline.
    public var ranges: [Range<Int>]

    /// Creates a batch from its parts.
    public init(bytes: [UInt8] = [], ranges: [Range<Int>] = []) {
        self.bytes = bytes
        self.ranges = ranges
    }

    /// Appends one line.
    public mutating func append(_ line: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: line)
        ranges.append(start..<bytes.count)
    }

    /// The number of lines.
    public var count: Int { ranges.count }
}
