// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Decodes the elements of an array in order.
struct UnkeyedReader: UnkeyedDecodingContainer {
    let reader: JSONReader
    let range: ValueRange
    private(set) var currentIndex = 0
    /// The next element, or `nil` at the end.
    private var next: ValueRange?

    init(_ reader: JSONReader, at range: ValueRange) throws {
        guard reader.byte(range) == 0x5B else { throw reader.mismatch([Any].self, at: range) }
        self.reader = reader
        self.range = range
        next = reader.element(from: range.lowerBound + 1)
    }

    var codingPath: [any CodingKey] { reader.path(to: range) }
    var isAtEnd: Bool { next == nil }

    /// `nil`, because the count is not known without reading ahead.
    var count: Int? { nil }

    /// Reads the next element.
    ///
    /// A failure does not advance the container.
    @inline(__always)
    private mutating func step<T>(
        _ type: T.Type, _ read: (JSONReader, ValueRange) throws -> T
    ) throws -> T {
        guard let element = next else {
            throw DecodingError.valueNotFound(
                type,
                .init(
                    codingPath: codingPath + [JSONKey(intValue: currentIndex)],
                    debugDescription: "the array has ended"))
        }
        let value = try read(reader, element)
        currentIndex += 1
        next = reader.element(from: element.upperBound)
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard let element = next else {
            throw DecodingError.valueNotFound(
                Any?.self, .init(codingPath: codingPath, debugDescription: "the array has ended"))
        }
        guard reader.isNull(at: element) else { return false }
        return try step(Bool.self) { _, _ in true }
    }

    @inline(__always)
    mutating func decode<Scalar: JSONScalar>(_ type: Scalar.Type) throws -> Scalar {
        try step(type) { try Scalar.read(from: $0, at: $1) }
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try step(type) { try $0.decode(type, at: $1) }
    }

    mutating func nestedContainer<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        try step(KeyedDecodingContainer<Key>.self) {
            try KeyedDecodingContainer($0.keyed(by: type, at: $1))
        }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try step(UnkeyedReader.self) { try UnkeyedReader($0, at: $1) }
    }

    mutating func superDecoder() throws -> any Decoder {
        try step(PlacedDecoder.self) { PlacedDecoder(reader: $0, range: $1) }
    }
}

extension JSONReader {
    /// Returns the array element at or after `offset`, or `nil` at the end of the array.
    func element(from offset: Int) -> ValueRange? {
        bytes.withUnsafeBufferPointer { buffer in
            let scanner = JSONScanner(buffer)
            var start = scanner.skipWhitespace(at: offset)
            if start < buffer.count, buffer[start] == 0x2C {
                start = scanner.skipWhitespace(at: start + 1)
            }
            guard start < buffer.count, buffer[start] != 0x5D else { return nil }
            let end = JSONMembers.endOfValue(buffer, at: start)
            return end > start ? start..<end : nil
        }
    }
}
