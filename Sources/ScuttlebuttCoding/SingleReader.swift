// SPDX-License-Identifier: MIT

/// Decodes a single value.
struct SingleReader: SingleValueDecodingContainer {
    let reader: JSONReader
    let range: ValueRange

    /// Whether this is an action in its flat form, which decodes as a string from its type.
    let isFlat: Bool

    var codingPath: [any CodingKey] { reader.path(to: range) }

    func decodeNil() -> Bool { reader.isNull(at: range) }

    func decode(_ type: String.Type) throws -> String {
        try reader.string(at: isFlat ? reader.flatType() : range)
    }

    @inline(__always)
    func decode<Scalar: JSONScalar>(_ type: Scalar.Type) throws -> Scalar {
        try Scalar.read(from: reader, at: range)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T { try reader.decode(type, at: range) }
}
