// SPDX-License-Identifier: MIT

/// Decodes the members of an object by key.
///
/// It also reads the flat form of an action (see ``JSONReader/FlatReading``), in which the only key
/// of the root is the action's type, and its object is the payload.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    enum Role: UInt8 {
        case plain, flatRoot
        /// The only associated value is unlabelled, so the payload is that value.
        case flatPayload
    }

    let reader: JSONReader
    /// The object, or the payload for `.flatPayload`; empty if there is none.
    let range: ValueRange
    let table: MemberTable
    let role: Role

    var codingPath: [any CodingKey] { reader.path(to: range) }

    var allKeys: [Key] {
        if role == .flatRoot, MemoryLayout<Key>.size <= 2 { return reader.flatKeys(Key.self) }
        let table = role == .flatRoot ? reader.flatMembers() : table
        return reader.keys(of: table).compactMap { Key(stringValue: $0) }
    }

    @inline(__always)
    private func lookUp(_ key: Key) -> ValueRange? {
        let name = key.stringValue
        if role == .flatPayload {
            // A key type of size zero has only one case.
            if MemoryLayout<Key>.size == 0 {
                if name != "_0" { return reader.onlyMember(name, of: range) }
                return range.upperBound > range.lowerBound ? range : nil
            }
            guard table.head >= 0 else { return nil }
        }
        if role == .flatRoot { return reader.find(name, in: reader.flatMembers()) }
        return reader.find(name, in: table)
    }

    @inline(__always)
    private func find(_ key: Key) throws -> ValueRange {
        if let found = lookUp(key) { return found }
        throw missing(key)
    }

    @inline(never)
    private func missing(_ key: Key) -> DecodingError {
        .keyNotFound(
            key,
            .init(codingPath: codingPath, debugDescription: "no member \(key.stringValue)"))
    }

    func contains(_ key: Key) -> Bool { lookUp(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { reader.isNull(at: try find(key)) }

    @inline(__always)
    func decode<Scalar: JSONScalar>(_ type: Scalar.Type, forKey key: Key) throws -> Scalar {
        try Scalar.read(from: reader, at: find(key))
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try reader.decode(type, at: find(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        if role == .flatRoot, reader.flat.hasGivenKeys {
            return KeyedDecodingContainer(reader.flatPayload(keyedBy: type))
        }
        return try KeyedDecodingContainer(reader.keyed(by: type, at: find(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try UnkeyedReader(reader, at: find(key))
    }

    func superDecoder() throws -> any Decoder {
        let table = role == .flatRoot ? reader.flatMembers() : table
        guard let found = reader.find("super", in: table) else {
            throw DecodingError.keyNotFound(
                JSONKey.super, .init(codingPath: codingPath, debugDescription: "no member super"))
        }
        return PlacedDecoder(reader: reader, range: found)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        PlacedDecoder(reader: reader, range: try find(key))
    }
}
