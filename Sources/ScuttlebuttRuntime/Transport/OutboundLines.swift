// SPDX-License-Identifier: MIT

public import Scuttlebutt
import Synchronization

/// Wire lines to be sent, encoded only once for any number of peers.
///
/// A transport that wraps lines (in WebSocket frames or Primus strings) caches the result with
/// ``rendering(_:_:)``, so the work is done for the first peer only.
public final class OutboundLines: Sendable {
    /// The lines, each ended by one newline (0x0A).
    public let block: WireBlock
    private let renderings = Mutex<[(form: String, value: any Sendable)]>([])

    /// Creates a batch of newline-terminated lines and the offsets at which they end.
    public convenience init(bytes: [UInt8], ends: [Int]) {
        self.init(WireBlock(bytes: bytes, ends: ends))
    }

    /// Creates a batch of the lines of a block.
    public init(_ block: WireBlock) { self.block = block }

    /// All lines, each ended by one newline (0x0A).
    public var bytes: [UInt8] { block.bytes }

    /// For each line the offset just after its newline, ascending.
    public var ends: [Int] { block.ends }

    /// Creates a batch of a few lines given without their newline.
    public convenience init(lines: [[UInt8]]) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for line in lines {
            bytes.append(contentsOf: line)
            bytes.append(0x0A)
            ends.append(bytes.count)
        }
        self.init(bytes: bytes, ends: ends)
    }

    /// The number of lines.
    public var count: Int { ends.count }

    /// The ranges of the lines, without their newlines.
    public var ranges: [Range<Int>] {
        var start = 0
        return ends.map { end in
            defer { start = end }
            return start..<end - 1
        }
    }

    /// Returns these lines in a transport's format `form`, created by `make` on the first call.
    public func rendering<Form: Sendable>(
        _ form: String, _ make: (OutboundLines) -> Form
    ) -> Form {
        renderings.withLock { renderings in
            if let known = renderings.first(where: { $0.form == form })?.value as? Form {
                return known
            }
            let made = make(self)
            renderings.append((form, made))
            return made
        }
    }
}
