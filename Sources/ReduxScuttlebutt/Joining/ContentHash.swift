// SPDX-License-Identifier: MIT

import ScuttlebuttSecurity

/// The SHA-256 of what is transferred to a peer that joins.
struct ContentHash: Hashable, Sendable {
    /// 32 bytes.
    let bytes: [UInt8]

    /// Hashes some bytes.
    init(of content: [UInt8]) { bytes = LogHash.sha256(content) }

    /// Reads 64 hexadecimal digits; `nil` if it is anything else.
    init?(hexadecimal text: String) {
        guard let bytes = [UInt8](hexadecimal: text), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits.
    var hexadecimal: String { bytes.hexadecimal }
}

extension [UInt8] {
    /// Reads two lower-case hexadecimal digits for each byte; `nil` if it is anything else.
    init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(digits.count / 2)
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(digits[place]), let low = Self.value(digits[place + 1])
            else { return nil }
            append(high << 4 | low)
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    /// Two lower-case hexadecimal digits for each byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
