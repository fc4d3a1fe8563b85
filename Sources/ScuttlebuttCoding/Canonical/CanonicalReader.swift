// SPDX-License-Identifier: MIT

/// The `Decoder` of one value.
struct CanonicalReader: Decoder {
    let value: CanonicalValue
    let codingPath: [any CodingKey]

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .map(let members) = value else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(
            CanonicalKeyedReader(value: value, members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([Any].self) }
        return CanonicalUnkeyedReader(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        CanonicalSingleReader(reader: self)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if T.self == [UInt8].self, case .bytes(let bytes) = value, let bytes = bytes as? T {
            return bytes
        }
        guard codingPath.count <= CanonicalForm.maximumDepth else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "nested too deeply"))
        }
        return try T(from: self)
    }

    func mismatch(_ type: Any.Type) -> DecodingError {
        if case .null = value {
            return .valueNotFound(
                type, .init(codingPath: codingPath, debugDescription: "there is nil instead"))
        }
        return .typeMismatch(
            type, .init(codingPath: codingPath, debugDescription: "there is another type"))
    }

    var isNil: Bool { if case .null = value { true } else { false } }

    func bool() throws -> Bool {
        guard case .bool(let value) = value else { throw mismatch(Bool.self) }
        return value
    }

    func string() throws -> String {
        guard case .string(let value) = value else { throw mismatch(String.self) }
        return value
    }

    func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        switch value {
        case .natural(let value):
            if let number = Number(exactly: value) { return number }
        case .negative(let complement):
            if let number = Int64(exactly: complement).flatMap({ Number(exactly: ~$0) }) {
                return number
            }
        default: throw mismatch(type)
        }
        throw DecodingError.dataCorrupted(
            .init(codingPath: codingPath, debugDescription: "the number does not fit in \(type)"))
    }

    func number<Number: BinaryFloatingPoint>(_ type: Number.Type) throws -> Number {
        switch value {
        case .double(let value):
            if value.isNaN, Number.self != Double.self { return Number(value) }
            if let number = value as? Number ?? Number(exactly: value) { return number }
        case .float(let value):
            if let number = value as? Number { return number }
            return Number(value)
        case .natural(let value):
            if let number = Number(exactly: value) { return number }
        case .negative(let complement):
            if let number = Int64(exactly: complement).flatMap({ Number(exactly: ~$0) }) {
                return number
            }
        default: break
        }
        throw mismatch(type)
    }
}

private struct CanonicalSingleReader: SingleValueDecodingContainer {
    let reader: CanonicalReader

    var codingPath: [any CodingKey] { reader.codingPath }

    func decodeNil() -> Bool { reader.isNil }
    func decode(_ type: Bool.Type) throws -> Bool { try reader.bool() }
    func decode(_ type: String.Type) throws -> String { try reader.string() }
    func decode(_ type: Double.Type) throws -> Double { try reader.number(type) }
    func decode(_ type: Float.Type) throws -> Float { try reader.number(type) }
    func decode(_ type: Int.Type) throws -> Int { try reader.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try reader.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try reader.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try reader.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try reader.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try reader.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let path = codingPath + [CanonicalIndex(intValue: 0)]
        return try CanonicalReader(value: reader.value, codingPath: path).decode(type)
    }
}

private struct CanonicalUnkeyedReader: UnkeyedDecodingContainer {
    let elements: [CanonicalValue]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(elements: [CanonicalValue], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    /// Reads the next element; one that cannot be read stays the next.
    private mutating func next<Result>(
        _ body: (CanonicalReader) throws -> Result
    ) throws -> Result {
        let path = codingPath + [CanonicalIndex(intValue: currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Result.self, .init(codingPath: path, debugDescription: "there are no more elements")
            )
        }
        let result = try body(CanonicalReader(value: elements[currentIndex], codingPath: path))
        currentIndex += 1
        return result
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, case .null = elements[currentIndex] else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.bool() } }
    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.string() } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next { try $0.number(type) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next { try $0.number(type) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try next { try $0.integer(type) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next { try $0.integer(type) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next { try $0.integer(type) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next { try $0.integer(type) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next { try $0.integer(type) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next { try $0.integer(type) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next { try $0.integer(type) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        try next { try $0.integer(type) }
    }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        try next { try $0.integer(type) }
    }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        try next { try $0.integer(type) }
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try next { try $0.decode(type) }
    }
    mutating func nestedContainer<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> { try next { try $0.container(keyedBy: type) } }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }
    mutating func superDecoder() throws -> any Decoder { try next { $0 } }
}

private struct CanonicalKeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let value: CanonicalValue
    let members: [(key: [UInt8], value: CanonicalValue)]
    let codingPath: [any CodingKey]

    var allKeys: [Key] {
        members.compactMap { Key(stringValue: String(decoding: $0.key, as: UTF8.self)) }
    }

    func contains(_ key: Key) -> Bool { value[key.stringValue] != nil }

    private func reader(_ key: any CodingKey) throws -> CanonicalReader {
        guard let member = value[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "there is no such key"))
        }
        return CanonicalReader(value: member, codingPath: codingPath + [key])
    }

    func decodeNil(forKey key: Key) throws -> Bool { try reader(key).isNil }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try reader(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try reader(key).string()
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try reader(key).number(type)
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try reader(key).number(type)
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try reader(key).integer(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try reader(key).integer(type)
    }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try reader(key).integer(type)
    }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try reader(key).integer(type)
    }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try reader(key).integer(type)
    }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try reader(key).integer(type)
    }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try reader(key).integer(type)
    }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try reader(key).integer(type)
    }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try reader(key).integer(type)
    }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try reader(key).integer(type)
    }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try reader(key).decode(type)
    }
    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { try reader(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try reader(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try reader(CanonicalIndex.superKey) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try reader(key) }
}
