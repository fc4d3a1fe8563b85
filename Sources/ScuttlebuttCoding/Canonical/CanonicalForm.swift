// SPDX-License-Identifier: MIT

/// The tags of the canonical form, one byte before each value.
///
/// | tag | value | what follows |
/// |---|---|---|
/// | `n` | nil | nothing |
/// | `f`, `t` | false, true | nothing |
/// | `+` | an integer from 0 | the integer as a base-128 number, lowest digits first |
/// | `-` | a negative integer | its complement, −1 − n, in the same form |
/// | `d`, `e` | `Double`, `Float` | its bits, 8 or 4 bytes, lowest first |
/// | `s` | string | the number of bytes as a base-128 number, and UTF-8 exactly as given |
/// | `b` | `[UInt8]` | the number of bytes, and the bytes |
/// | `a` | array, set | the number of elements, and the elements |
/// | `m` | keyed container | the number of members; each is a string without its tag, and a value |
///
/// Elements of a set are in ascending order of their encoded bytes, and so are the pairs of a
/// dictionary that writes itself as an array of keys and values. Members are in ascending order of
/// their keys' bytes.
enum CanonicalForm {
    static let null: UInt8 = 0x6E
    static let no: UInt8 = 0x66
    static let yes: UInt8 = 0x74
    static let natural: UInt8 = 0x2B
    static let negative: UInt8 = 0x2D
    static let double: UInt8 = 0x64
    static let float: UInt8 = 0x65
    static let string: UInt8 = 0x73
    static let bytes: UInt8 = 0x62
    static let array: UInt8 = 0x61
    static let map: UInt8 = 0x6D

    /// The deepest nesting, in either direction.
    static let maximumDepth = 512

    static func append(natural number: UInt64, to output: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// A collection that writes its elements in an order of its own: a set.
protocol UnorderedElements {}
extension Set: UnorderedElements {}

/// A collection that may write its keys and values as an array in an order of its own.
protocol UnorderedPairs {}
extension Dictionary: UnorderedPairs {}
