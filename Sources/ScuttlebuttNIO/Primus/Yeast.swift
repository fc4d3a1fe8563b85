// SPDX-License-Identifier: MIT

/// Primus' short identifiers: numbers in its own base-64 alphabet.
enum Yeast {
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_")

    /// Returns the digits of `number`, most significant first.
    static func text(_ number: UInt64) -> String {
        var number = number
        var digits: [Character] = []
        repeat {
            digits.append(alphabet[Int(number & 63)])
            number >>= 6
        } while number > 0
        return String(digits.reversed())
    }

    /// Returns a random identifier for a connection.
    ///
    /// It is not suitable as a secret.
    static func identity() -> String { text(UInt64.random(in: 1 << 58..<1 << 62)) }

    /// Returns seven random characters that keep caches from answering for the server.
    static func cacheBuster() -> String { text(UInt64.random(in: 1 << 36..<1 << 42)) }
}
