// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Splits a stream of bytes into lines at each LF, across chunk boundaries.
///
/// It works on bytes, so it cannot split a character. It drops empty lines and a carriage return at
/// the end of a line.
struct LineSplitter {
    let maximumByteCount: Int
    private var partial: [UInt8] = []

    init(maximumByteCount: Int) { self.maximumByteCount = maximumByteCount }

    /// Appends the lines completed by `bytes` to `lines`.
    ///
    /// - Returns: `false` if a line is longer than the bound. Do not feed any more bytes then.
    /// - Complexity: O(bytes).
    mutating func feed(_ bytes: UnsafeRawBufferPointer, into lines: inout InboundLines) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        var start = 0
        while start < bytes.count {
            guard let hit = memchr(base + start, 0x0A, bytes.count - start) else {
                guard partial.count + bytes.count - start <= maximumByteCount else { return false }
                partial.append(contentsOf: bytes[start...])
                return true
            }
            let end = UnsafeRawPointer(hit) - base
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            guard partial.count + piece.count <= maximumByteCount else { return false }
            if partial.isEmpty {
                Self.add(piece, to: &lines)
            } else {
                partial.append(contentsOf: piece)
                partial.withUnsafeBytes { Self.add($0, to: &lines) }
                partial.removeAll(keepingCapacity: partial.capacity <= 1 << 16)
            }
            start = end + 1
        }
        return true
    }

    /// Appends a last line that was not terminated by a newline.
    mutating func finish(into lines: inout InboundLines) {
        partial.withUnsafeBytes { Self.add($0, to: &lines) }
        partial = []
    }

    private static func add(_ line: UnsafeRawBufferPointer, to lines: inout InboundLines) {
        let line = line.last == 0x0D ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        if !line.isEmpty { lines.append(line) }
    }
}
