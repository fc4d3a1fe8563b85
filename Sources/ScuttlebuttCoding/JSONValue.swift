// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Any JSON value: numbers keep their digits, objects the order of their members.
///
/// Strings and keys are equal when their UTF-16 code units are, as in JavaScript: `é` written in
/// two ways is two keys.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, by its text.
    case number(Number)
    /// A string; half a surrogate pair has become U+FFFD.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(Object)

    /// A number as it was written.
    public struct Number: Sendable {
        /// The digits, in JSON's grammar.
        public let text: String

        /// Makes a number of an integer.
        public init(_ value: some BinaryInteger) { text = String(value) }

        /// Makes a number of a double; `nil` when it is not finite.
        public init?(_ value: Double) {
            guard value.isFinite else { return nil }
            var bytes: [UInt8] = []
            JSONNumber.append(value, to: &bytes)
            text = String(decoding: bytes, as: UTF8.self)
        }

        init(validated text: String) { self.text = text }

        /// The nearest double; infinite for a text such as `1e999`.
        public var double: Double { JSONNumber.parse(Array(text.utf8)) }

        /// The integer, if the text is one without fraction and exponent and fits.
        public var integer: Int64? {
            Array(text.utf8).withUnsafeBufferPointer { JSONNumber.parseInteger($0, 0..<$0.count) }
        }
    }

    /// The members of an object, in order and without repeated keys.
    public struct Object: Sendable {
        /// Keys and values, in order.
        public private(set) var members: [(key: String, value: JSONValue)] = []

        /// Makes an object; of equal keys the last value counts, in the place of the first.
        ///
        /// - Complexity: O(*n*) on average.
        public init(_ members: [(key: String, value: JSONValue)] = []) {
            var places: [[UInt8]: Int] = [:]
            places.reserveCapacity(members.count)
            self.members.reserveCapacity(members.count)
            for member in members {
                if let place = places.updateValue(
                    self.members.count, forKey: Array(member.key.utf8))
                {
                    places[Array(member.key.utf8)] = place
                    self.members[place].value = member.value
                } else {
                    self.members.append(member)
                }
            }
        }

        /// The value of a key; setting `nil` removes the member, a new key goes to the end.
        ///
        /// - Complexity: O(*n*).
        public subscript(key: String) -> JSONValue? {
            get { place(of: key).map { members[$0].value } }
            set {
                switch (place(of: key), newValue) {
                case (let place?, let value?): members[place].value = value
                case (let place?, nil): members.remove(at: place)
                case (nil, let value?): members.append((key, value))
                case (nil, nil): break
                }
            }
        }

        private func place(of key: String) -> Int? {
            members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
        }
    }

    /// The member of an object; `nil` for other values.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The element of an array; `nil` for other values and beyond its end.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text, if this is a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The nearest double, if this is a number.
    public var double: Double? { if case .number(let number) = self { number.double } else { nil } }
    /// The integer, if this is a number that is one.
    public var integer: Int64? {
        if case .number(let number) = self { number.integer } else { nil }
    }
    /// The Boolean, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// Reads one value that fills `bytes`.
    ///
    /// - Throws: `DecodingError` for what is not JSON or exceeds `bounds`.
    public init(_ bytes: [UInt8], bounds: JSONBounds = JSONBounds()) throws {
        let reader = try JSONReader(bytes, bounds: bounds)
        self = reader.value(at: reader.root)
    }

    /// The value as `JSON.stringify` prints it, with numbers as they were written.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }
}

extension JSONValue: Equatable, ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Whether both are the same value: numbers as doubles, strings by code units, objects without
    /// regard to order.
    public static func == (a: JSONValue, b: JSONValue) -> Bool {
        JSONMeaning.areEqual(a.bytes, b.bytes)
    }

    /// Makes `null`.
    public init(nilLiteral: ()) { self = .null }
    /// Makes a Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Makes a number.
    public init(integerLiteral value: Int64) { self = .number(Number(value)) }
    /// Makes a number; what is not finite becomes `null`, as in JavaScript.
    public init(floatLiteral value: Double) { self = Number(value).map { .number($0) } ?? .null }
    /// Makes a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Makes an array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Makes an object; of equal keys the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Object(elements.map { (key: $0.0, value: $0.1) }))
    }
}
