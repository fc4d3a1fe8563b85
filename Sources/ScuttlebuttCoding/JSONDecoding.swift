// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Decodes `Decodable` values directly from JSON bytes, without Foundation and without building a
/// tree.
///
/// It differs from `JSONDecoder` as follows: keys are compared as UTF-8 without normalisation, the
/// last of several equal keys counts, and an unpaired surrogate in a string becomes U+FFFD. No
/// input traps.
public struct JSONDecoding: Sendable {
    /// The bounds of a document.
    ///
    /// Nesting is bounded so that recursive types cannot overflow the stack.
    public var bounds: JSONBounds

    /// Creates a decoder for documents within `bounds`.
    public init(bounds: JSONBounds = JSONBounds()) { self.bounds = bounds }

    /// Decodes a value from `bytes`, which must contain nothing else.
    ///
    /// - Throws: `DecodingError` with the coding path of the invalid value.
    /// - Complexity: O(n), where n is the number of bytes; O(n log n) for objects with many keys.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from bytes: [UInt8]) throws -> T {
        let reader = try JSONReader(bytes, bounds: bounds)
        return try reader.decode(type, at: reader.root)
    }
}

/// The range of a value in the bytes of a reader.
typealias ValueRange = Range<Int>

/// The bytes of a document with an index of its values.
///
/// One reader serves as the `Decoder` of all nested values: `current` is the value being decoded,
/// and is restored when that value is done.
final class JSONReader: Decoder {
    let bytes: [UInt8]
    let root: ValueRange
    // Each access to the following properties ends before anything else runs, so dynamic
    // exclusivity checks would only cost time.
    @exclusivity(unchecked) var current: ValueRange
    /// The indexed members of the objects being decoded, innermost last.
    @exclusivity(unchecked) var members: [IndexedMember] = []
    /// The decoded text of keys that contain escapes.
    var unescapedKeys: [[UInt8]] = []
    /// The number of bytes that may still be scanned to locate errors.
    private var pathBudget: Int
    /// The progress of reading the root as a flat action, if it is one.
    @exclusivity(unchecked) var flat = FlatReading()

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var codingPath: [any CodingKey] { path(to: current) }

    init(_ bytes: [UInt8], bounds: JSONBounds) throws {
        self.bytes = bytes
        pathBudget = 16 * bytes.count + 65_536
        do throws(JSONError) {
            root = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
                let scanner = JSONScanner(buffer, bounds: bounds)
                let start = scanner.skipWhitespace(at: 0)
                let end = try scanner.skipValue(at: start)
                let rest = scanner.skipWhitespace(at: end)
                if rest < buffer.count { throw JSONError(.unexpectedByte, at: rest) }
                return start..<end
            }
            current = root
        } catch {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [], debugDescription: "not valid JSON: \(error.text)",
                    underlyingError: error))
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try KeyedDecodingContainer(keyed(by: type, at: current, isRoot: current == root))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try UnkeyedReader(self, at: current)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        SingleReader(reader: self, range: current, isFlat: flat.isEntered && current == root)
    }

    func keyed<Key: CodingKey>(
        by type: Key.Type, at range: ValueRange, isRoot: Bool = false
    ) throws -> KeyedReader<Key> {
        guard byte(range) == 0x7B else { throw mismatch([String: Any].self, at: range) }
        // An enumeration never asks for members of the root, so they are only indexed on demand.
        if isRoot, flat.isEntered {
            return KeyedReader(reader: self, range: range, table: .none, role: .flatRoot)
        }
        return KeyedReader(reader: self, range: range, table: index(range), role: .plain)
    }

    /// Decodes a value of any type.
    @inline(__always)
    func decode<T: Decodable>(_ type: T.Type, at range: ValueRange) throws -> T {
        if T.self == JSONValue.self, let value = value(at: range) as? T { return value }
        let (outer, indexed) = (current, members.count)
        current = range
        defer {
            current = outer
            // Drop the index entries of that value.
            if members.count > indexed { members.removeSubrange(indexed...) }
        }
        return try T(from: self)
    }

    /// Returns the first byte of a value.
    @inline(__always)
    func byte(_ range: ValueRange) -> UInt8 {
        range.lowerBound < bytes.count ? bytes[range.lowerBound] : 0
    }

    /// Returns the coding path of a value, or an empty one if locating errors in this document has
    /// cost too much.
    ///
    /// Types that try several forms fail often and discard the errors. Without this limit, a long
    /// array of such values would take quadratic time.
    func path(to range: ValueRange) -> [any CodingKey] {
        guard pathBudget >= range.lowerBound else { return [] }
        pathBudget -= range.lowerBound
        return JSONPath.path(to: range.lowerBound, in: bytes)
    }
}

/// A decoder of one value, independent of the reader's current value, for `superDecoder`.
struct PlacedDecoder: Decoder {
    let reader: JSONReader
    let range: ValueRange

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var codingPath: [any CodingKey] { reader.path(to: range) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try KeyedDecodingContainer(reader.keyed(by: type, at: range))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try UnkeyedReader(reader, at: range)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        SingleReader(reader: reader, range: range, isFlat: false)
    }
}
