// SPDX-License-Identifier: MIT

/// The events of a run, in order.
///
/// The digest covers every event and is always computed; two runs with the same digest were the
/// same. The lines for people are kept only if requested.
struct EventLog: Sendable {
    let keepsLines: Bool
    private(set) var lines: [String] = []
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var eventCount = 0
    /// The most lines kept; the run continues without further ones.
    static let lineLimit = 1_000_000

    init(keepsLines: Bool) { self.keepsLines = keepsLines }

    /// Records an event by its numbers.
    mutating func note(_ time: Int64, _ kind: Int, _ first: Int, _ second: Int) {
        eventCount += 1
        var bits = UInt64(bitPattern: time) &* 0x9E37_79B9_7F4A_7C15
        bits ^= UInt64(truncatingIfNeeded: kind) << 56
        bits ^= UInt64(truncatingIfNeeded: first) << 28 ^ UInt64(truncatingIfNeeded: second)
        digest = (digest ^ bits) &* 0x0000_0100_0000_01B3
        digest ^= digest >> 29
    }

    /// Adds a line for people.
    mutating func add(_ time: Int64, _ text: String) {
        guard lines.count < EventLog.lineLimit else { return }
        lines.append("\(BrokenPromiseError.milliseconds(time)) \(text)")
    }

    /// Mixes bytes into the digest.
    mutating func mix(_ bytes: [UInt8]) {
        var bits = digest
        for byte in bytes { bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        digest = bits
    }
}
