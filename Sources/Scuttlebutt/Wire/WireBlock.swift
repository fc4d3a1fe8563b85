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

/// The lines that ``Gossip/pull(_:from:limit:)`` returns for one peer.
public struct Outgoing: Hashable, Sendable {
    /// The lines to write, if they are not shared.
    public let block: WireBlock
    /// A range of the recent updates that other peers need as well.
    ///
    /// Its lines come from ``Gossip/sharedBlock(_:)``, which encodes them once for all peers.
    public let shared: Range<Int>?
    /// Whether to close our half of the connection after these lines.
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
