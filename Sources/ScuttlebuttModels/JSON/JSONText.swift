// SPDX-License-Identifier: MIT

public import Scuttlebutt
import ScuttlebuttCoding

/// A JSON value as the bytes that `JSON.stringify` prints, for programs that pass values on without
/// inspecting them.
///
/// Unlike `JSONValue` it preserves unpaired surrogates, as JavaScript does.
public struct JSONText: Hashable, Sendable {
    /// The JSON text.
    public let bytes: [UInt8]

    /// Parses a JSON text and prints it as `JSON.parse` and `JSON.stringify` would: numbers in
    /// their shortest form, `null` for numbers that are not finite, only the last of several equal
    /// keys, and integer keys first.
    ///
    /// - Throws: If the text is not JSON, or exceeds `bounds`.
    public init(
        stringifying text: [UInt8], bounds: JSONBounds = JSONBounds()
    ) throws(JSONError) {
        var output: [UInt8] = []
        try text.withUnsafeBufferPointer { bytes throws(JSONError) in
            try JSONScanner(bytes, bounds: bounds).validate()
            var start = 0
            while start < bytes.count, bytes[start] <= 0x20 { start += 1 }
            let end = JSONMembers.endOfValue(bytes, at: start)
            JSONText.append(start..<end, of: bytes, to: &output)
        }
        bytes = output
    }

    init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// Whether the value is an object.
    public var isObject: Bool { bytes.first == UInt8(ascii: "{") }

    /// The text, if the value is a string that UTF-8 can express.
    public var string: String? {
        guard bytes.first == UInt8(ascii: "\"") else { return nil }
        let key = bytes.withUnsafeBufferPointer { PropertyKey(0..<$0.count, in: $0) }
        guard let key, !key.hasLoneSurrogate else { return nil }
        return key.text
    }

    /// Appends a value as JavaScript prints it.
    ///
    /// The recursion is as deep as the bounds permit.
    private static func append(
        _ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]
    ) {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "\""):
            PropertyKey(range, in: bytes)?.append(to: &output)
        case UInt8(ascii: "["):
            output.append(UInt8(ascii: "["))
            var elements = JSONElements(bytes, at: range.lowerBound)
            var isFirst = true
            while let element = elements?.next() {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                append(element, of: bytes, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case UInt8(ascii: "{"):
            appendObject(at: range.lowerBound, of: bytes, to: &output)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let number = JSONNumber.parse(Array(bytes[range]))
            if number == 0 {
                // JavaScript prints zero without a sign.
                output.append(UInt8(ascii: "0"))
            } else if number.isFinite {
                JSONNumber.append(number, to: &output)
            } else {
                output.append(contentsOf: "null".utf8)
            }
        default:
            output.append(contentsOf: bytes[range])
        }
    }

    private static func appendObject(
        at start: Int, of bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]
    ) {
        var places: [PropertyKey: Int] = [:]
        var members: [(key: PropertyKey, value: Range<Int>)] = []
        var walk = JSONMembers(bytes, at: start)
        while let member = walk?.next() {
            guard let key = PropertyKey(member.key, in: bytes) else { continue }
            if let place = places[key] {
                members[place].value = member.value
            } else {
                places[key] = members.count
                members.append((key, member.value))
            }
        }
        let integers = members.filter { $0.key.arrayIndex != nil }
            .sorted { PropertyKey.objectOrder($0.key, $1.key) }
        var writer = ObjectWriter()
        for member in integers + members.filter({ $0.key.arrayIndex == nil }) {
            writer.begin(member.key, in: &output)
            append(member.value, of: bytes, to: &output)
        }
        writer.end(in: &output)
    }
}

extension JSONText: Codable {
    /// Reads any value.
    ///
    /// Unpaired surrogates become U+FFFD.
    public init(from decoder: any Decoder) throws {
        bytes = try JSONValue(from: decoder).bytes
    }

    /// Writes the value.
    ///
    /// Unpaired surrogates become U+FFFD.
    public func encode(to encoder: any Encoder) throws {
        try JSONValue(bytes).encode(to: encoder)
    }
}
