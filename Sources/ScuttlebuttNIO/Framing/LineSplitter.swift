// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Cuts a stream of bytes into lines at each LF, across the borders of chunks.
///
/// Working on bytes, it never sees half a character. Empty lines vanish, a carriage return at the
/// end of a line too.
struct LineSplitter {
    let maximumByteCount: Int
    private var partial: [UInt8] = []

    init(maximumByteCount: Int) { self.maximumByteCount = maximumByteCount }

    /// Adds the lines that `bytes` complete to `lines`.
    ///
    /// - Returns: `false` when a line is longer than the bound; nothing more is to be fed then.
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

    /// Adds a last line that no newline ended.
    mutating func finish(into lines: inout InboundLines) {
        partial.withUnsafeBytes { Self.add($0, to: &lines) }
        partial = []
    }

    private static func add(_ line: UnsafeRawBufferPointer, to lines: inout InboundLines) {
        let line = line.last == 0x0D ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        if !line.isEmpty { lines.append(line) }
    }
}
