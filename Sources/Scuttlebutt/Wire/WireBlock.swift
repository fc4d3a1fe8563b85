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

    /// Appends the line of an update.
    ///
    /// - Parameters:
    ///   - content: The payload, and the tail unless that has the ordinary form.
    ///   - timestamp: `nil` if `content` has the tail.
    ///   - suffix: What follows the timestamp in the ordinary form.
    @inline(__always)
    mutating func appendUpdate(
        _ content: UnsafeBufferPointer<UInt8>, timestamp: Timestamp?, suffix: [UInt8]
    ) {
        bytes.append(Ascii.leftBracket)
        bytes.append(contentsOf: content)
        if let timestamp {
            bytes.append(Ascii.comma)
            JSONNumber.append(timestamp.value, to: &bytes)
            suffix.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        }
        bytes.append(UInt8(ascii: "\n"))
        ends.append(bytes.count)
    }

    /// Appends the lines of another block.
    mutating func append(contentsOf other: WireBlock) {
        if isEmpty {
            self = other
            return
        }
        let start = bytes.count
        bytes.append(contentsOf: other.bytes)
        ends.reserveCapacity(ends.count + other.ends.count)
        for end in other.ends { ends.append(start + end) }
    }

    /// Appends the line that `write` writes without its newline.
    mutating func appendLine(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        bytes.append(UInt8(ascii: "\n"))
        ends.append(bytes.count)
    }
}
