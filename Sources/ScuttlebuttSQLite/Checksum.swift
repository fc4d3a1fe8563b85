// SPDX-License-Identifier: MIT

/// A 64-bit checksum that detects when the disk returns other bytes than were written.
///
/// Each step is a bijection of the state for a given word and of the word for a given state, so a
/// change within one word of eight bytes is always detected, and any other with probability
/// 1 − 2^−64. It does not protect against deliberate changes: anyone who can write the file can
/// compute the checksum.
struct Checksum {
    private(set) var value: UInt64

    init(source: Int64, timestamp: Double) {
        value = 0x5363_7574_746C_6562
        mix(UInt64(bitPattern: source))
        mix(timestamp.bitPattern)
    }

    private mutating func mix(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 32
    }

    /// Adds bytes and their count.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        mix(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            mix(UInt64(littleEndian: word))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        mix(rest)
    }
}
