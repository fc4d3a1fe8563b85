// SPDX-License-Identifier: MIT

/// Primus' short identifiers: a number in a base-64 alphabet of its own.
enum Yeast {
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_")

    /// The digits of `number`, most significant first.
    static func text(_ number: UInt64) -> String {
        var number = number
        var digits: [Character] = []
        repeat {
            digits.append(alphabet[Int(number & 63)])
            number >>= 6
        } while number > 0
        return String(digits.reversed())
    }

    /// A random identifier, good for one connection and for no secret.
    static func identity() -> String { text(UInt64.random(in: 1 << 58..<1 << 62)) }

    /// Seven characters that differ from call to call, so that no cache answers for the server.
    static func cacheBuster() -> String { text(UInt64.random(in: 1 << 36..<1 << 42)) }
}
