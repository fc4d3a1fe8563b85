// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A name as JavaScript sees it: the key of a model, the name of an event, the id of a row, a sort
/// key.
///
/// Two keys are equal exactly if their UTF-16 code units are, and keys are ordered by UTF-16 code
/// units. So two spellings of `é` are two keys, an unpaired surrogate survives, and `__proto__` is
/// an ordinary name.
public struct PropertyKey: Hashable, Sendable {
    /// Generalised UTF-8 (WTF-8): UTF-8, with an unpaired surrogate as the three bytes that it
    /// would have.
    public let bytes: [UInt8]

    /// Creates a key from a text.
    public init(_ text: String) { bytes = Array(text.utf8) }

    /// Creates a key from a string literal in JSON, or returns `nil` if there is none at this
    /// place.
    ///
    /// - Parameters:
    ///   - literal: The range of the literal, including its quotes.
    ///   - bytes: Bytes that contain the literal, validated by `JSONScanner`.
    public init?(_ literal: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) {
        guard literal.lowerBound < bytes.count, bytes[literal.lowerBound] == UInt8(ascii: "\""),
            let decoded = try? JSONString.decoded(
                bytes, at: literal.lowerBound, loneSurrogates: .generalised)
        else { return nil }
        self.bytes = decoded
    }

    init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The text, with U+FFFD for each unpaired surrogate.
    public var text: String {
        guard hasLoneSurrogate else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: Array(CodeUnits(bytes)), as: UTF16.self)
    }

    /// Whether the key contains an unpaired surrogate, which no `String` can.
    public var hasLoneSurrogate: Bool {
        var index = 0
        while index + 1 < bytes.count {
            if bytes[index] == 0xED, bytes[index + 1] >= 0xA0 { return true }
            index += 1
        }
        return false
    }

    /// Appends the key as `JSON.stringify` prints it, with `\udxxx` for an unpaired surrogate.
    public func append(to output: inout [UInt8]) {
        guard hasLoneSurrogate else { return JSONString.encode(bytes, into: &output) }
        var literal: [UInt8] = []
        JSONString.encode(bytes, into: &literal)
        var index = 0
        while index < literal.count {
            guard literal[index] == 0xED, index + 3 < literal.count, literal[index + 1] >= 0xA0
            else {
                output.append(literal[index])
                index += 1
                continue
            }
            let unit =
                0xD000 | UInt32(literal[index + 1] & 0x3F) << 6 | UInt32(literal[index + 2] & 0x3F)
            output.append(contentsOf: "\\u\(String(unit, radix: 16))".utf8)
            index += 3
        }
    }

    /// Whether all bytes are equal.
    public static func == (left: PropertyKey, right: PropertyKey) -> Bool {
        left.bytes == right.bytes
    }

    /// Hashes all bytes in one piece, which costs a third of hashing them one by one.
    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension PropertyKey: Comparable {
    /// Orders by UTF-16 code units.
    public static func < (left: PropertyKey, right: PropertyKey) -> Bool {
        let shared = Swift.min(left.bytes.count, right.bytes.count)
        var index = 0
        while index < shared, left.bytes[index] == right.bytes[index] { index += 1 }
        guard index < shared else { return left.bytes.count < right.bytes.count }
        let (a, b) = (left.bytes[index], right.bytes[index])
        // Below the surrogates both orders agree.
        if a < 0xED, b < 0xED { return a < b }
        // The difference may be within a character: go back to its start.
        while index > 0, left.bytes[index] & 0xC0 == 0x80 || right.bytes[index] & 0xC0 == 0x80 {
            index -= 1
        }
        return CodeUnits(left.bytes, from: index).lexicographicallyPrecedes(
            CodeUnits(right.bytes, from: index))
    }
}

extension PropertyKey: ExpressibleByStringLiteral, CustomStringConvertible {
    /// Creates a key from a text.
    public init(stringLiteral value: String) { self.init(value) }

    /// The text, with U+FFFD for each unpaired surrogate.
    public var description: String { text }
}

extension PropertyKey: Codable {
    /// Reads a string, or the array of code units that represents a key with an unpaired surrogate.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.init(text)
            return
        }
        var literal: [UInt8] = [UInt8(ascii: "\"")]
        for unit in try container.decode([UInt16].self) {
            let digits = String(unit, radix: 16)
            literal += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
        }
        literal.append(UInt8(ascii: "\""))
        self.init(
            unchecked: try literal.withUnsafeBufferPointer {
                try JSONString.decoded($0, at: 0, loneSurrogates: .generalised)
            })
    }

    /// Writes a string, or the array of code units if the key has an unpaired surrogate.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if hasLoneSurrogate {
            try container.encode(Array(CodeUnits(bytes)))
        } else {
            try container.encode(text)
        }
    }
}
