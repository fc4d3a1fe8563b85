// SPDX-License-Identifier: MIT

import ScuttlebuttCoding

/// Conversions between typed values and the JSON of a payload.
enum ValueCoding {
    /// The JSON text of a value.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value, such as a number that is not
    ///   finite.
    static func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        if let value = value as? JSONValue { return value.bytes }
        if let value = value as? JSONText { return value.bytes }
        return try JSONEncoding().encode(value)
    }

    /// The value of a JSON text, or `nil` if it has another shape.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        if type == JSONText.self { return JSONText(unchecked: bytes) as? Value }
        if type == JSONValue.self { return (try? JSONValue(bytes)) as? Value }
        return try? JSONDecoding().decode(type, from: bytes)
    }

    /// Whether the text is `null`, which means a deletion in the originals.
    static func isNull(_ bytes: some Collection<UInt8>) -> Bool { bytes.elementsEqual("null".utf8) }
}
