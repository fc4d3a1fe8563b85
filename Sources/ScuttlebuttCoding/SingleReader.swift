// SPDX-License-Identifier: MIT

/// Decodes a single value.
struct SingleReader: SingleValueDecodingContainer {
    let reader: JSONReader
    let range: ValueRange

    /// Whether this is an action in its flat form, which decodes as a string from its type.
    let isFlat: Bool

    init(_ reader: JSONReader, at range: ValueRange, isFlat: Bool) {
        self.reader = reader
        self.range = range
        self.isFlat = isFlat
    }

    var codingPath: [any CodingKey] { reader.path(to: range) }

    func decodeNil() -> Bool { reader.isNull(at: range) }

    func decode(_ type: Bool.Type) throws -> Bool { try reader.bool(at: range) }
    func decode(_ type: String.Type) throws -> String {
        try reader.string(at: isFlat ? reader.flatType() : range)
    }
    func decode(_ type: Double.Type) throws -> Double { try reader.double(at: range) }
    func decode(_ type: Float.Type) throws -> Float { try reader.float(at: range) }
    func decode(_ type: Int.Type) throws -> Int { try reader.integer(Int.self, at: range) }
    func decode(_ type: Int8.Type) throws -> Int8 { try reader.integer(Int8.self, at: range) }
    func decode(_ type: Int16.Type) throws -> Int16 { try reader.integer(Int16.self, at: range) }
    func decode(_ type: Int32.Type) throws -> Int32 { try reader.integer(Int32.self, at: range) }
    func decode(_ type: Int64.Type) throws -> Int64 { try reader.integer(Int64.self, at: range) }
    func decode(_ type: UInt.Type) throws -> UInt { try reader.integer(UInt.self, at: range) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.integer(UInt8.self, at: range) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.integer(UInt16.self, at: range) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.integer(UInt32.self, at: range) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.integer(UInt64.self, at: range) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T { try reader.decode(type, at: range) }
}
