// SPDX-License-Identifier: MIT

/// Sort keys as fractions: `0`–`9`, `A`–`Z`, `_`, `a`–`z` are the 63 digits after the point.
///
/// A character that is not a digit is replaced by a bound that no new key can pass: a character
/// below `0`, such as `!`, by an endless run of zeros; a character between two digits or above the
/// last by the smaller digit and an endless run of the highest digit.
struct SortKeyDigits {
    static let base = 63
    static let characters = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz".utf8)

    private let bytes: [UInt8]
    private var index = 0
    /// The digit that repeats without end, once it is known.
    private var tail: Int?

    /// The digits of a key; `nil` stands for the end of the array.
    init(upper bytes: [UInt8]?) {
        self.bytes = bytes ?? []
        if bytes == nil { tail = SortKeyDigits.base - 1 }
    }

    /// The digits of a key; `nil` stands for the beginning of the array.
    init(lower bytes: [UInt8]?) { self.bytes = bytes ?? [] }

    /// The next digit.
    ///
    /// The sequence is endless.
    mutating func next() -> Int {
        if let tail { return tail }
        guard index < bytes.count else {
            tail = 0
            return 0
        }
        let byte = bytes[index]
        index += 1
        let digit = SortKeyDigits.digit(byte)
        if byte < SortKeyDigits.characters[0] {
            tail = 0
        } else if byte != SortKeyDigits.characters[digit] {
            tail = SortKeyDigits.base - 1
        }
        return digit
    }

    /// The largest digit whose character is not above the byte, or zero.
    ///
    /// Every byte of a character outside ASCII is above all digits, like the character itself.
    static func digit(_ byte: UInt8) -> Int {
        switch byte {
        case 0..<0x30: 0
        case 0x30..<0x3A: Int(byte) - 0x30
        case 0x3A..<0x41: 9
        case 0x41..<0x5B: Int(byte) - 0x41 + 10
        case 0x5B..<0x5F: 35
        case 0x5F..<0x61: 36
        case 0x61..<0x7B: Int(byte) - 0x61 + 37
        default: 62
        }
    }
}
