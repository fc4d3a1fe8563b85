// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A JSON value in bytes that were validated, read on demand.
///
/// Every accessor returns `nil` for a value of another kind and never traps.
public struct JSONText: Sendable {
    private let bytes: Payload
    private let range: Range<Int>

    /// The value that is all of these bytes.
    ///
    /// - Parameter bytes: JSON that a peer has validated. For other bytes, what is read is
    ///   arbitrary.
    public init(_ bytes: Payload) { self.init(bytes, bytes.indices) }

    init(_ bytes: Payload, _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    private var first: UInt8? { range.isEmpty ? nil : bytes[range.lowerBound] }

    // MARK: Scalars

    /// Whether the value is `null`.
    public var isNull: Bool { first == UInt8(ascii: "n") }

    /// The value of `true` or `false`.
    public var bool: Bool? {
        switch first {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    /// The value of a number, which is infinite for one that is too large, as in JavaScript.
    public var double: Double? {
        guard let first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            return nil
        }
        return bytes.withUnsafeBufferPointer { JSONNumber.parse($0, range) }
    }

    /// The value of a number without a fraction; as in JavaScript, `3`, `3.0` and `3e0` are equal.
    ///
    /// - Returns: `nil` for one that has a fraction or more than 53 bits.
    public var integer: Int64? {
        guard let double, double.magnitude <= 9_007_199_254_740_991 else { return nil }
        let integer = Int64(double)
        return Double(integer) == double ? integer : nil
    }

    /// The value of a number without a fraction, if it is one of these.
    public func integer(in range: Range<Int>) -> Int? {
        guard let integer, integer >= range.lowerBound, integer < range.upperBound else {
            return nil
        }
        return Int(integer)
    }

    /// The text of a string.
    ///
    /// - Complexity: O(n), where n is its length.
    public var text: PortableText? {
        guard first == UInt8(ascii: "\"") else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            (try? JSONString.decoded(buffer, at: range.lowerBound, loneSurrogates: .generalised))
                .map { PortableText(utf8: $0) }
        }
    }

    /// Returns whether the value is a string with this text, which must be plain ASCII.
    public func isASCII(_ text: StaticString) -> Bool {
        guard first == UInt8(ascii: "\"") else { return false }
        return bytes.withUnsafeBufferPointer { JSONMembers.key(range, in: $0, is: text) }
    }

    /// Lets a `switch` compare the value with literals: `case "TOGGLE":`.
    public static func ~= (text: StaticString, value: JSONText) -> Bool { value.isASCII(text) }

    // MARK: Parts

    /// The value of a member of an object; the last one, if there are several.
    ///
    /// - Parameter key: In plain ASCII.
    /// - Complexity: O(n), where n is the number of bytes.
    public subscript(key: StaticString) -> JSONText? {
        bytes.withUnsafeBufferPointer { buffer in
            var members = JSONMembers(
                UnsafeBufferPointer(rebasing: buffer[..<range.upperBound]), at: range.lowerBound)
            var found: Range<Int>?
            while let member = members?.next() {
                if JSONMembers.key(member.key, in: buffer, is: key) { found = member.value }
            }
            return found.map { JSONText(bytes, $0) }
        }
    }

    /// The elements of an array; none for a value of another kind.
    ///
    /// - Complexity: O(n), where n is the number of bytes.
    public var elements: [JSONText] {
        bytes.withUnsafeBufferPointer { buffer in
            var elements = JSONElements(
                UnsafeBufferPointer(rebasing: buffer[..<range.upperBound]), at: range.lowerBound)
            var found: [JSONText] = []
            while let element = elements?.next() { found.append(JSONText(bytes, element)) }
            return found
        }
    }

    /// The members of an object in the order of the text; none for a value of another kind.
    ///
    /// - Complexity: O(n), where n is the number of bytes.
    public var members: [(key: PortableText, value: JSONText)] {
        bytes.withUnsafeBufferPointer { buffer in
            var members = JSONMembers(
                UnsafeBufferPointer(rebasing: buffer[..<range.upperBound]), at: range.lowerBound)
            var found: [(key: PortableText, value: JSONText)] = []
            while let member = members?.next() {
                guard let key = JSONText(bytes, member.key).text else { continue }
                found.append((key, JSONText(bytes, member.value)))
            }
            return found
        }
    }
}

extension JSONText: JSONWritable {
    /// Writes the value as it was received.
    public func write(to json: inout JSONOutput) { json.raw(bytes[range]) }
}
