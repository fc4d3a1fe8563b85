// SPDX-License-Identifier: MIT

/// Encodes the members of an object.
struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    /// The number of the object, or ``flatRoot`` or ``flatPayload`` while it does not exist yet.
    private var frame: Int

    static var flatRoot: Int { -3 }
    static var flatPayload: Int { -4 }

    @inline(__always)
    init(_ writer: JSONWriter, frame: Int) {
        self.writer = writer
        self.frame = frame
    }

    var codingPath: [any CodingKey] {
        guard frame >= 0 else { return [] }
        return JSONPath.path(to: writer.frames[frame].start, in: writer.output)
    }

    /// Writes one member.
    @inline(__always)
    private mutating func put(_ key: Key, _ write: (JSONWriter) throws -> Void) throws {
        let name = key.stringValue
        if frame < 0 {
            // A key type of size zero has only one case.
            if frame == Self.flatPayload, MemoryLayout<Key>.size == 0, name == "_0" {
                writer.beginPayloadValue()
                return try write(writer)
            }
            settle()
        }
        if writer.begin(frame) {
            writer.writeKey(name)
            return try write(writer)
        }
        try writer.element(of: frame, key: name, write)
    }

    /// Creates the object whose creation was deferred until it was known to be one.
    @inline(never)
    private mutating func settle() {
        if frame == Self.flatPayload {
            frame = writer.payloadFrame()
        } else if writer.flat?.isCase == true {
            // Members besides a case cannot be represented, so encoding fails at the end.
            writer.isContradictory = true
            frame = writer.payloadFrame()
        } else {
            frame = writer.made >= 0 ? writer.made : writer.openFrame(isObject: true)
            writer.made = frame
        }
    }

    mutating func encodeNil(forKey key: Key) throws {
        try put(key) { $0.writeNull() }
    }

    @inline(__always)
    mutating func encode(_ value: some JSONScalar, forKey key: Key) throws {
        try put(key) { try value.write(to: $0) }
    }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try put(key) { try $0.encode(value) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        if frame == Self.flatRoot, writer.made < 0 {
            writer.beginCase(key.stringValue)
            return KeyedEncodingContainer(
                KeyedWriter<Nested>(writer, frame: KeyedWriter<Nested>.flatPayload))
        }
        if frame < 0 { settle() }
        let inner = writer.nested(in: frame, key: key.stringValue, isObject: true)
        return KeyedEncodingContainer(KeyedWriter<Nested>(writer, frame: inner))
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        if frame < 0 { settle() }
        let inner = writer.nested(in: frame, key: key.stringValue, isObject: false)
        return UnkeyedWriter(writer: writer, frame: inner)
    }

    mutating func superEncoder() -> any Encoder { placed("super") }

    mutating func superEncoder(forKey key: Key) -> any Encoder { placed(key.stringValue) }

    private mutating func placed(_ key: String) -> any Encoder {
        if frame < 0 { settle() }
        return PlacedEncoder(writer, writer.placeholder(in: frame, key: key, isObject: true))
    }
}
