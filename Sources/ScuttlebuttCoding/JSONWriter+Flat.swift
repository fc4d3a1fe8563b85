// SPDX-License-Identifier: MIT

import Scuttlebutt

extension JSONWriter {
    /// The progress of writing an action in its flat form.
    ///
    /// Synthesised `Codable` of an enumeration encodes an object with one member, the case, which
    /// is an object of the associated values. Here, the case becomes `type` and the values become
    /// `payload`. Types that encode their own members are written as they are.
    struct FlatWriting {
        /// Whether the root turned out to be an enumeration case.
        var isCase = false
        /// The number of the object in `payload`, once there is one.
        var payload = JSONWriter.nothing
        /// Whether `payload` is the single unlabelled value.
        var hasValue = false
        /// Whether the type begins with `@`.
        var isLocal = false
        /// Whether the type is the empty string, which is no type.
        var isEmpty = false
    }

    /// Encodes an action in its flat form.
    func finishAction<T: Encodable>(_ action: T) throws -> EncodedAction {
        flat = FlatWriting()
        let bytes = try finish(action)
        if let flat, flat.isCase {
            // Each container has a frame, but for the action itself and an empty value.
            let isProven = !flat.isEmpty && !hasUncountedDepth
            return EncodedAction(
                bytes, provenDepth: isProven ? frames.count + 2 : EncodedAction.unproven,
                isLocal: flat.isLocal)
        }
        if case .refused(let reason) = ActionShape.inspect(bytes) {
            throw EncodingError.invalidValue(
                action, .init(codingPath: [], debugDescription: reason.text))
        }
        return EncodedAction(unchecked: bytes)
    }

    func beginCase(_ name: String) {
        if flat?.isCase == true { isContradictory = true }
        flat?.isCase = true
        flat?.isLocal = name.utf8.first == 0x40
        flat?.isEmpty = name.isEmpty
        output.append(contentsOf: Self.typeMember)
        writeString(name)
        made = Self.scalar
    }

    /// Begins `payload` for the single unlabelled value.
    func beginPayloadValue() {
        flat?.hasValue = true
        output.append(contentsOf: Self.payloadMember)
    }

    /// Returns the object in `payload`, creating it if necessary.
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

/// Implemented by dictionaries, whose own order differs from run to run and must not affect the
/// bytes.
protocol EncodedInKeyOrder {
    func encodeInKeyOrder(to writer: JSONWriter) throws
}

extension Dictionary: EncodedInKeyOrder where Key: Encodable, Value: Encodable {
    func encodeInKeyOrder(to writer: JSONWriter) throws {
        // Check the type instead of casting, because an empty dictionary casts to any key type.
        if Key.self == String.self, let texts = self as? [String: Value] {
            try write(
                texts.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
                    .map { ($0.key, $0.value) }, to: writer)
        } else if Key.self == Int.self, let numbers = self as? [Int: Value] {
            try write(
                numbers.sorted { $0.key < $1.key }.map { (String($0.key), $0.value) }, to: writer)
        } else if Key.self is any CodingKeyRepresentable.Type {
            try write(
                compactMap { key, value in
                    (key as? any CodingKeyRepresentable).map { ($0.codingKey.stringValue, value) }
                }.sorted { $0.0.utf16.lexicographicallyPrecedes($1.0.utf16) }, to: writer)
        } else {
            // The standard library encodes other keys and their values as array elements.
            let encoding = JSONEncoding()
            let pairs = try map {
                (bytes: try encoding.encode($0.key), key: $0.key, value: $0.value)
            }
            var container = writer.unkeyedContainer()
            for pair in pairs.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
                try container.encode(pair.key)
                try container.encode(pair.value)
            }
        }
    }

    private func write(_ members: [(String, Value)], to writer: JSONWriter) throws {
        var container = writer.container(keyedBy: JSONKey.self)
        for (key, value) in members {
            try container.encode(value, forKey: JSONKey(stringValue: key))
        }
    }
}
