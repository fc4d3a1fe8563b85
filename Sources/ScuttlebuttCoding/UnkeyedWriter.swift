// SPDX-License-Identifier: MIT

/// Encodes the elements of an array.
struct UnkeyedWriter: UnkeyedEncodingContainer {
    let writer: JSONWriter
    /// The number of the array.
    let frame: Int

    var count: Int { writer.frames[frame].count }

    var codingPath: [any CodingKey] {
        JSONPath.path(to: writer.frames[frame].start, in: writer.output)
    }

    /// Writes one element.
    @inline(__always)
    private func put(_ write: (JSONWriter) throws -> Void) throws {
        if writer.begin(frame) { return try write(writer) }
        try writer.element(of: frame, key: nil, write)
    }

    mutating func encodeNil() throws {
        try put { $0.writeNull() }
    }

    @inline(__always)
    mutating func encode(_ value: some JSONScalar) throws {
        try put { try value.write(to: $0) }
    }

    mutating func encode<T: Encodable>(_ value: T) throws {
        try put { try $0.encode(value) }
    }

    mutating func nestedContainer<Key: CodingKey>(
        keyedBy type: Key.Type
    ) -> KeyedEncodingContainer<Key> {
        let inner = writer.nested(in: frame, key: nil, isObject: true)
        return KeyedEncodingContainer(KeyedWriter(writer, frame: inner))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedWriter(
            writer: writer, frame: writer.nested(in: frame, key: nil, isObject: false))
    }

    mutating func superEncoder() -> any Encoder {
        PlacedEncoder(writer, writer.placeholder(in: frame, key: nil, isObject: true))
    }
}
