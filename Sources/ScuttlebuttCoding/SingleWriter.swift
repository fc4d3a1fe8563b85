// SPDX-License-Identifier: MIT

/// Encodes a single value.
struct SingleWriter: SingleValueEncodingContainer {
    let writer: JSONWriter
    /// Whether this is an action in its flat form, in which a string becomes its type.
    let isFlat: Bool
    /// The container that the value replaces, if any.
    var placeholder: Int?

    var codingPath: [any CodingKey] { writer.codingPath }

    @inline(__always)
    private func put(_ write: (JSONWriter) throws -> Void) throws {
        if let placeholder {
            let other = JSONWriter()
            try write(other)
            other.close(downTo: 0)
            let old = writer.frames[placeholder]
            writer.replace(old.start..<old.end + 1, with: other.output)
            return
        }
        guard writer.made == JSONWriter.nothing else {
            throw EncodingError.invalidValue(
                "a second value",
                .init(codingPath: codingPath, debugDescription: "a value was already encoded"))
        }
        try write(writer)
        writer.made = JSONWriter.scalar
    }

    mutating func encodeNil() throws {
        try put { $0.writeNull() }
    }

    mutating func encode(_ value: String) throws {
        if isFlat, writer.flat?.isCase == false { return writer.beginCase(value) }
        try put { $0.writeString(value) }
    }

    @inline(__always)
    mutating func encode(_ value: some JSONScalar) throws {
        try put { try value.write(to: $0) }
    }

    mutating func encode<T: Encodable>(_ value: T) throws {
        try put { try $0.encode(value) }
    }
}
