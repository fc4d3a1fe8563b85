// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Any JSON value.
///
/// Numbers keep their digits, and objects keep the order of their members.
///
/// As in JavaScript, strings and keys are equal if their UTF-16 code units are: two spellings of
/// `é` are different keys.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, represented by its text.
    case number(Number)
    /// A string, in which unpaired surrogates have been replaced by U+FFFD.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(Object)

    /// A number as written in the JSON text.
    public struct Number: Sendable {
        /// The text, which follows JSON's grammar.
        public let text: String

        /// Creates a number from an integer.
        public init(_ value: some BinaryInteger) { text = String(value) }

        /// Creates a number from a double; returns `nil` if it is not finite.
        public init?(_ value: Double) {
            guard value.isFinite else { return nil }
            var bytes: [UInt8] = []
            JSONNumber.append(value, to: &bytes)
            text = String(decoding: bytes, as: UTF8.self)
        }

        init(validated text: String) { self.text = text }

        /// The nearest double, which is infinite for a text such as `1e999`.
        public var double: Double { JSONNumber.parse(Array(text.utf8)) }

        /// The integer, if the text has no fraction or exponent and the value fits.
        public var integer: Int64? {
            Array(text.utf8).withUnsafeBufferPointer { JSONNumber.parseInteger($0, 0..<$0.count) }
        }
    }

    /// The members of an object, in order and with unique keys.
    public struct Object: Sendable {
        /// The keys and values, in order.
        public private(set) var members: [(key: String, value: JSONValue)] = []

        /// Creates an object.
        ///
        /// Of equal keys, the last value counts, in the place of the first.
        ///
        /// - Complexity: O(n) on average.
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

        /// Accesses the value of a key.
        ///
        /// Setting `nil` removes the member; a new key is added at the end.
        ///
        /// - Complexity: O(n).
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

    /// The value of an object's member, or `nil` for other values.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The element of an array, or `nil` for other values and invalid indices.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text, if this is a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The nearest double, if this is a number.
    public var double: Double? { if case .number(let number) = self { number.double } else { nil } }
    /// The integer, if this is an integral number.
    public var integer: Int64? {
        if case .number(let number) = self { number.integer } else { nil }
    }
    /// The Boolean, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// Creates a value by parsing `bytes`, which must contain nothing else.
    ///
    /// - Throws: `DecodingError` if the bytes are not JSON or exceed `bounds`.
    public init(_ bytes: [UInt8], bounds: JSONBounds = JSONBounds()) throws {
        let reader = try JSONReader(bytes, bounds: bounds)
        self = reader.value(at: reader.root)
    }

    /// The value as `JSON.stringify` prints it, except that numbers keep their text.
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
    /// Returns whether two values are equal, comparing numbers as doubles, strings by code units,
    /// and objects regardless of order.
    public static func == (a: JSONValue, b: JSONValue) -> Bool {
        JSONMeaning.areEqual(a.bytes, b.bytes)
    }

    /// Creates `null`.
    public init(nilLiteral: ()) { self = .null }
    /// Creates a Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Creates a number.
    public init(integerLiteral value: Int64) { self = .number(Number(value)) }
    /// Creates a number, or `null` if it is not finite, as in JavaScript.
    public init(floatLiteral value: Double) { self = Number(value).map { .number($0) } ?? .null }
    /// Creates a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Creates an array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Creates an object.
    ///
    /// Of equal keys, the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Object(elements.map { (key: $0.0, value: $0.1) }))
    }
}
