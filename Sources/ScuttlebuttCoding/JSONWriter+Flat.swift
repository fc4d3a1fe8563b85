// SPDX-License-Identifier: MIT

import Scuttlebutt

extension JSONWriter {
    /// How far an action in its flat form has been written.
    ///
    /// The compiler's `Codable` for enumerations makes an object with one member, the case, and in
    /// it an object of the associated values. Here the case becomes `type` and the values become
    /// `payload`. Types that encode members of their own are written as they are.
    struct FlatWriting {
        /// Whether the root turned out to be a case of an enumeration.
        var isCase = false
        /// The object in `payload`, once there is one.
        var payload = JSONWriter.nothing
        /// Whether `payload` is the one unlabelled value.
        var hasValue = false
    }

    /// Encodes an action in its flat form.
    func finishAction<T: Encodable>(_ action: T) throws -> [UInt8] {
        flat = FlatWriting()
        let bytes = try finish(action)
        if flat?.isCase == true { return bytes }
        if case .refused(let reason) = ActionShape.inspect(bytes) {
            throw EncodingError.invalidValue(
                action, .init(codingPath: [], debugDescription: reason.text))
        }
        return bytes
    }

    func beginCase(_ name: String) {
        if flat?.isCase == true { isContradictory = true }
        flat?.isCase = true
        output.append(contentsOf: Self.typeMember)
        writeString(name)
        made = Self.scalar
    }

    /// Begins `payload` for the one unlabelled value.
    func beginPayloadValue() {
        flat?.hasValue = true
        output.append(contentsOf: Self.payloadMember)
    }

    /// The object in `payload`.
    func payloadFrame() -> Int {
        if let frame = flat?.payload, frame >= 0 { return frame }
        output.append(contentsOf: Self.payloadMember)
        let frame = openFrame(isObject: true)
        flat?.payload = frame
        return frame
    }

    func finishFlat() {
        if flat?.isCase == true { output.append(0x7D) }
    }

    private static let typeMember = Array("{\"type\":".utf8)
    private static let payloadMember = Array(",\"payload\":".utf8)
}

/// Dictionaries, whose own order differs from run to run and must not reach the bytes.
protocol EncodedInKeyOrder {
    /// - Returns: False, with nothing written, when the keys are neither strings nor integers.
    func encodeInKeyOrder(to writer: JSONWriter) throws -> Bool
}

extension Dictionary: EncodedInKeyOrder where Value: Encodable {
    func encodeInKeyOrder(to writer: JSONWriter) throws -> Bool {
        let named: [(String, Value)]
        if let texts = self as? [String: Value] {
            named = texts.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
                .map { ($0.key, $0.value) }
        } else if let numbers = self as? [Int: Value] {
            named = numbers.sorted { $0.key < $1.key }.map { (String($0.key), $0.value) }
        } else {
            return false
        }
        var container = writer.container(keyedBy: JSONKey.self)
        for (key, value) in named {
            try container.encode(value, forKey: JSONKey(stringValue: key))
        }
        return true
    }
}
