// SPDX-License-Identifier: MIT

/// Bytes read as a program: each choice takes one, and all are the first when none is left.
struct FuzzProgram {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isOver: Bool { index >= bytes.count }

    mutating func byte() -> UInt8 {
        guard index < bytes.count else { return 0 }
        defer { index += 1 }
        return bytes[index]
    }

    /// A number below `count`; 0 when there is none.
    mutating func below(_ count: Int) -> Int { count > 0 ? Int(byte()) % count : 0 }

    mutating func bool() -> Bool { byte() & 1 == 1 }

    /// So many bytes, or what is left of them.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let end = min(index + count, bytes.count)
        defer { index = end }
        return Array(bytes[index..<end])
    }
}
