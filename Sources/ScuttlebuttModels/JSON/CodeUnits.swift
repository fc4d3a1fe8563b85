// SPDX-License-Identifier: MIT

/// The UTF-16 code units of generalised UTF-8.
struct CodeUnits: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var index: Int
    private var second: UInt16?

    init(_ bytes: [UInt8], from index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    mutating func next() -> UInt16? {
        if let second {
            self.second = nil
            return second
        }
        guard index < bytes.count else { return nil }
        let first = bytes[index]
        let count = first.scalarWidth
        var scalar = count == 1 ? UInt32(first) : UInt32(first) & (0x7F >> UInt32(count))
        for offset in 1..<Swift.max(count, 1) where index + offset < bytes.count {
            scalar = scalar << 6 | UInt32(bytes[index + offset] & 0x3F)
        }
        index += count
        guard scalar >= 0x10000 else { return UInt16(truncatingIfNeeded: scalar) }
        let offset = scalar - 0x10000
        second = UInt16(truncatingIfNeeded: 0xDC00 | offset & 0x3FF)
        return UInt16(truncatingIfNeeded: 0xD800 | offset >> 10 & 0x3FF)
    }
}
