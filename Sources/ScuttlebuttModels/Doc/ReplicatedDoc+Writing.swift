// SPDX-License-Identifier: MIT

public import Scuttlebutt
import ScuttlebuttCoding

extension ReplicatedDoc {
    /// Creates the update that sets several keys of a row at once, creating the row if it does not
    /// exist.
    ///
    /// - Throws: `EncodingError` if JSON cannot express a value.
    public func makeSet(
        _ id: PropertyKey, _ members: [PropertyKey: Value]
    ) throws -> Payload {
        DocWrite.payload(id, try Self.encoded(members))
    }

    /// Creates the update that sets one key of a row, creating the row if it does not exist.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value.
    public func makeSet(
        _ id: PropertyKey, _ key: PropertyKey, to value: Value
    ) throws -> Payload {
        DocWrite.payload(id, [(key, try ValueCoding.encode(value))])
    }

    /// Creates the update that sets all keys of an object at once, creating the row if it does not
    /// exist.
    ///
    /// Keys of the row that the object does not encode are unchanged.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the object, or if it does not encode as a
    ///   JSON object.
    public func makeSet(_ id: PropertyKey, from object: some Encodable) throws -> Payload {
        let bytes = try JSONEncoding().encode(object)
        guard bytes.first == UInt8(ascii: "{") else {
            throw EncodingError.invalidValue(
                object, .init(codingPath: [], debugDescription: "a row must be a JSON object"))
        }
        return KeyedPayload.make(id, bytes)
    }

    /// Creates the update that adds a row with these keys and the one that a declared set requires.
    ///
    /// As in the original, adding an existing row sets these keys. A set that is declared by a
    /// filter requires no key.
    ///
    /// - Throws: `EncodingError` if JSON cannot express a value.
    public func makeAdd(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], to set: PropertyKey? = nil
    ) throws -> Payload {
        var members = try Self.encoded(members)
        if let set { core.view(set).include(id, core.row(id)?.members, &members) }
        return DocWrite.payload(id, members)
    }

    /// An id for a row without a name of its own: 39 hexadecimal digits.
    ///
    /// - Parameter generator: A cryptographic generator (`SystemRandomNumberGenerator`) except in
    ///   simulations.
    public static func randomID(using generator: inout some RandomNumberGenerator) -> PropertyKey {
        PropertyKey(Source.random(using: &generator).text)
    }

    /// Creates the update that removes a row; `nil` if it does not exist.
    public func makeRemove(_ id: PropertyKey) -> Payload? {
        core.row(id) == nil ? nil : KeyedPayload.make(id, "null".utf8)
    }

    /// Creates the update that takes a row out of a declared set or sequence by setting the key
    /// that it requires to `null`.
    ///
    /// The row itself stays.
    ///
    /// - Returns: `nil` if the row is not in the set, or if the set is declared by a filter.
    public func makeRemove(_ id: PropertyKey, from set: PropertyKey) -> Payload? {
        let view = core.view(set)
        guard case .member(let key, _) = view.condition, view.place(of: id) != nil else {
            return nil
        }
        return DocWrite.payload(id, [(key, Array("null".utf8))])
    }

    /// Keys and their JSON, in the order of JavaScript's properties.
    static func encoded(
        _ members: [PropertyKey: Value]
    ) throws -> [(key: PropertyKey, value: Payload)] {
        try members.sorted { PropertyKey.objectOrder($0.key, $1.key) }
            .map { (key: $0.key, value: try ValueCoding.encode($0.value)) }
    }
}
