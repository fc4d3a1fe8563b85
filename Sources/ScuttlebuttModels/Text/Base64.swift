// SPDX-License-Identifier: MIT

/// Base64 of RFC 4648 for a target without Foundation.
enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var bits: UInt32 = 0
            for offset in 0..<3 {
                bits = bits << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0)
            }
            for place in 0..<4 {
                let digit = digits[Int(bits >> UInt32(18 - 6 * place) & 63)]
                output.append(place <= count ? digit : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes of a text, or `nil` if `encode` does not produce the text.
    static func decode(_ text: String) -> [UInt8]? {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        let input = Array(text.utf8)
        guard input.count % 4 == 0 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(input.count / 4 * 3)
        var index = 0
        while index < input.count {
            let isLast = index + 4 == input.count
            var padding = 0
            if isLast, input[index + 3] == UInt8(ascii: "=") {
                padding = input[index + 2] == UInt8(ascii: "=") ? 2 : 1
            }
            var bits: UInt32 = 0
            for offset in 0..<4 {
                let value = offset >= 4 - padding ? 0 : values[Int(input[index + offset])]
                guard value < 64 else { return nil }
                bits = bits << 6 | UInt32(value)
            }
            // Each value has one text: the bits that the padding stands for are zero.
            guard bits & (1 << UInt32(8 * padding) - 1) == 0 else { return nil }
            for place in 0..<(3 - padding) {
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * place)))
            }
            index += 4
        }
        return output
    }
}
