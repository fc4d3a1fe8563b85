// SPDX-License-Identifier: MIT

/// Wire lines that are ready to be written, each terminated by a newline.
public struct WireBlock: Hashable, Sendable {
    /// The bytes of all lines.
    public private(set) var bytes: [UInt8] = []
    /// The offset just after each line's newline, ascending.
    public private(set) var ends: [Int] = []

    /// Creates an empty block.
    public init() {}

    /// Creates a block of newline-terminated lines and the offsets at which they end.
    public init(bytes: [UInt8], ends: [Int]) {
        self.bytes = bytes
        self.ends = ends
    }

    /// Creates an empty block with room.
    init(byteCount: Int, lineCount: Int) {
        bytes.reserveCapacity(byteCount)
        ends.reserveCapacity(lineCount)
    }

    /// Whether there are no lines.
    public var isEmpty: Bool { ends.isEmpty }

    /// Appends an encoded line, including its newline.
    public mutating func append(line: [UInt8]) {
        bytes.append(contentsOf: line)
        ends.append(bytes.count)
    }

    /// Appends the line that `write` writes without its newline.
    mutating func appendLine(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        bytes.append(UInt8(ascii: "\n"))
        ends.append(bytes.count)
    }
}
