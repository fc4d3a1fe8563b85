// SPDX-License-Identifier: MIT

/// Reads variable-length integers; each method returns `nil` at the end of the bytes.
struct ByteReader {
    private let all: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { all = bytes }

    var isAtEnd: Bool { index == all.count }
    var remaining: Int { all.count - index }

    mutating func byte() -> UInt8? {
        guard index < all.count else { return nil }
        defer { index += 1 }
        return all[index]
    }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= remaining else { return nil }
        defer { index += count }
        return all[index..<index + count]
    }

    /// A number below 2^35.
    @inline(__always)
    mutating func number() -> Int? {
        // Most take one byte.
        guard index < all.count, all[index] < 0x80 else { return longNumber() }
        defer { index &+= 1 }
        return Int(all[index])
    }

    private mutating func longNumber() -> Int? {
        var value = 0
        var shift = 0
        while shift < 35 {
            guard let byte = byte() else { return nil }
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    mutating func signed() -> Int? {
        number().map { $0 >> 1 ^ -($0 & 1) }
    }
}
