// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Payloads of the form `[name, value]`, which models and buckets share.
enum KeyedPayload {
    /// The parts of such a payload.
    struct Parts {
        let key: PropertyKey
        /// The range of the value, without surrounding white space.
        let value: Range<Int>
    }

    /// Parses a payload, or returns `nil` if it is not an array of exactly a string and a value.
    static func parse(_ payload: Payload) -> Parts? {
        payload.withUnsafeBufferPointer { bytes in
            guard var elements = JSONElements(bytes), let name = elements.next(),
                let value = elements.next(), elements.next() == nil,
                let key = PropertyKey(name, in: bytes)
            else { return nil }
            return Parts(key: key, value: value)
        }
    }

    /// Composes a payload from a key and a value that is encoded in place.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value.
    static func make<Value: Encodable>(_ key: PropertyKey, encoding value: Value) throws -> Payload
    {
        guard let number = value as? Int else { return make(key, try ValueCoding.encode(value)) }
        // Many replicated keys are counters, and this avoids an encoder for them.
        var output: [UInt8] = []
        output.reserveCapacity(key.bytes.count + 24)
        output.append(UInt8(ascii: "["))
        key.append(to: &output)
        output.append(UInt8(ascii: ","))
        JSONNumber.append(Int64(number), to: &output)
        output.append(UInt8(ascii: "]"))
        return output
    }

    /// Composes a payload.
    static func make(_ key: PropertyKey, _ value: some Collection<UInt8>) -> Payload {
        var output: [UInt8] = []
        output.reserveCapacity(key.bytes.count + value.count + 5)
        output.append(UInt8(ascii: "["))
        key.append(to: &output)
        output.append(UInt8(ascii: ","))
        output.append(contentsOf: value)
        output.append(UInt8(ascii: "]"))
        return output
    }
}

extension Array where Element == UInt8 {
    /// Whether the value in `range` is `null`.
    func isNull(_ range: Range<Int>) -> Bool {
        range.count == 4 && self[range.lowerBound] == UInt8(ascii: "n")
    }
}
