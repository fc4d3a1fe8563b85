// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Decodes `Decodable` values straight from JSON bytes, without Foundation and without a tree.
///
/// Differences to `JSONDecoder`: keys are compared by UTF-8, never normalised; of equal keys the
/// last counts; half a surrogate pair in a string becomes U+FFFD. No input traps.
public struct JSONDecoding: Sendable {
    /// What one document may hold; nesting is bounded so that recursive types cannot overflow the
    /// stack.
    public var bounds: JSONBounds

    /// Makes a decoder of documents within `bounds`.
    public init(bounds: JSONBounds = JSONBounds()) { self.bounds = bounds }

    /// Decodes one value that fills `bytes`.
    ///
    /// - Throws: `DecodingError` with the path to the culprit.
    /// - Complexity: O(*n*) in the bytes, O(*n* log *n*) for objects of many keys.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from bytes: [UInt8]) throws -> T {
        let reader = try JSONReader(bytes, bounds: bounds)
        return try reader.decode(type, at: reader.root)
    }
}

/// Where a value stands in the bytes of a reader.
struct ValueRange: Equatable {
    var start: Int
    var end: Int

    init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    init(_ member: JSONMembers.Member) {
        start = member.value.lowerBound
        end = member.value.upperBound
    }
}

/// The bytes of one document and what has been found in them.
///
/// One reader serves as the `Decoder` of all values inside each other: `current` says which one is
/// meant, and is put back when that value is done.
final class JSONReader: Decoder {
    let bytes: [UInt8]
    let root: ValueRange
    // Each access to what follows is over before anything else runs, so the dynamic checks of
    // exclusive access are only time.
    @exclusivity(unchecked) var current: ValueRange
    /// The indexed members of the objects that are being decoded, the innermost last.
    @exclusivity(unchecked) var members: [IndexedMember] = []
    /// The texts of keys that have escapes.
    var unescapedKeys: [[UInt8]] = []
    /// How many more bytes may be walked to tell where errors are.
    private var pathBudget: Int
    /// How far the root has been read as a flat action, if it is one.
    @exclusivity(unchecked) var flat = FlatReading()

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var codingPath: [any CodingKey] { path(to: current) }

    init(_ bytes: [UInt8], bounds: JSONBounds) throws {
        self.bytes = bytes
        pathBudget = 16 * bytes.count + 65_536
        let found = bytes.withUnsafeBufferPointer { buffer -> Result<ValueRange, JSONFailure> in
            let scanner = JSONScanner(buffer, bounds: bounds)
            do throws(JSONFailure) {
                let start = scanner.skipWhitespace(at: 0)
                let end = try scanner.skipValue(at: start)
                let rest = scanner.skipWhitespace(at: end)
                if rest < buffer.count { throw JSONFailure(.unexpectedByte, at: rest) }
                return .success(ValueRange(start: start, end: end))
            } catch {
                return .failure(error)
            }
        }
        switch found {
        case .success(let range):
            root = range
            current = range
        case .failure(let failure):
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [], debugDescription: "not valid JSON: \(failure.text)",
                    underlyingError: failure))
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try KeyedDecodingContainer(keyed(by: type, at: current, isRoot: current == root))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try UnkeyedReader(self, at: current)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        SingleReader(self, at: current, isFlat: flat.isEntered && current == root)
    }

    func keyed<Key: CodingKey>(
        by type: Key.Type, at range: ValueRange, isRoot: Bool = false
    ) throws -> KeyedReader<Key> {
        guard byte(range) == 0x7B else { throw mismatch([String: Any].self, at: range) }
        // An enumeration never asks the root for members, so they are indexed when somebody does.
        if isRoot, flat.isEntered {
            return KeyedReader(self, at: range, table: .none, role: .flatRoot)
        }
        return KeyedReader(self, at: range, table: index(range), role: .plain)
    }

    /// Decodes a value of any type.
    @inline(__always)
    func decode<T: Decodable>(_ type: T.Type, at range: ValueRange) throws -> T {
        if T.self == JSONValue.self, let value = value(at: range) as? T { return value }
        let (outer, indexed) = (current, members.count)
        current = range
        defer {
            current = outer
            // What was indexed for that value is done with.
            if members.count > indexed { members.removeSubrange(indexed...) }
        }
        return try T(from: self)
    }

    /// The first byte of a value.
    @inline(__always)
    func byte(_ range: ValueRange) -> UInt8 {
        range.start < bytes.count ? bytes[range.start] : 0
    }

    /// The path to a value; empty once this document has cost too much walking.
    ///
    /// Types that try one form after another fail often and throw the errors away. Without a bound
    /// a long array of such values would cost time in the square of its length.
    func path(to range: ValueRange) -> [any CodingKey] {
        guard pathBudget >= range.start else { return [] }
        pathBudget -= range.start
        return JSONPath.path(to: range.start, in: bytes)
    }
}

/// A decoder of one value, independent of what the reader is busy with: for `superDecoder`.
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
        SingleReader(reader, at: range, isFlat: false)
    }
}
