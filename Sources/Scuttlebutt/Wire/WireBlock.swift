// SPDX-License-Identifier: MIT

/// Some lines of the wire, ready to be written: each ends with one newline.
public struct WireBlock: Hashable, Sendable {
    /// All lines, one after the other.
    public private(set) var bytes: [UInt8] = []
    /// For each line the offset just after its newline, ascending.
    public private(set) var ends: [Int] = []

    /// Makes an empty block.
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

    /// Whether there is no line.
    public var isEmpty: Bool { ends.isEmpty }

    /// Adds a line that is encoded already and ends with its newline.
    public mutating func append(line: [UInt8]) {
        bytes.append(contentsOf: line)
        ends.append(bytes.count)
    }

    /// Adds a line that `write` appends without its newline.
    mutating func appendLine(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        bytes.append(UInt8(ascii: "\n"))
        ends.append(bytes.count)
    }
}

/// What ``Gossip/pull(_:from:limit:)`` found for one peer.
public struct Outgoing: Hashable, Sendable {
    /// The lines to write, unless they are shared.
    public let block: WireBlock
    /// A stretch of the recent updates that other peers get as well; its lines come from
    /// ``Gossip/sharedBlock(_:)``, once for all.
    public let shared: Range<Int>?
    /// Whether our half of the connection ends after these lines.
    public let finishes: Bool

    init(_ block: WireBlock, finishes: Bool = false) {
        self.block = block
        shared = nil
        self.finishes = finishes
    }

    init(shared: Range<Int>) {
        block = WireBlock()
        self.shared = shared
        finishes = false
    }
}
