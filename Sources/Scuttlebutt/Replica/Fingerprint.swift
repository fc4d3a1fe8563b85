// SPDX-License-Identifier: MIT

/// A 256-bit cryptographic hash of an update: what is remembered of a refused update, so that its
/// re-delivery costs no second verification.
///
/// The core does not hash; the driver computes it (SHA-256) and hands it in with the update.
public struct Fingerprint: Hashable, Sendable {
    /// The 32 bytes as four big-endian words.
    public let words: (UInt64, UInt64, UInt64, UInt64)

    /// Creates a fingerprint from exactly 32 bytes; returns `nil` for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ start: Int) -> UInt64 {
            var value: UInt64 = 0
            for index in start..<start + 8 { value = value << 8 | UInt64(bytes[index]) }
            return value
        }
        words = (word(0), word(8), word(16), word(24))
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    /// Whether all 256 bits agree.
    public static func == (left: Fingerprint, right: Fingerprint) -> Bool {
        left.words == right.words
    }

    /// Feeds the first word only: the words are already uniformly distributed.
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
