// SPDX-License-Identifier: MIT

public import Scuttlebutt
import ScuttlebuttCoding

extension ReplicatedDoc {
    /// The update that sets some keys of a row at once, and makes the row if it is not there.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makeSet(
        _ id: PropertyKey, _ members: [PropertyKey: Value]
    ) throws -> Payload {
        DocWrite.payload(id, try Self.encoded(members))
    }

    /// The update that sets one key of a row, and makes the row if it is not there.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makeSet(
        _ id: PropertyKey, _ key: PropertyKey, to value: Value
    ) throws -> Payload {
        DocWrite.payload(id, [(key, try ValueCoding.encode(value))])
    }

    /// The update that sets all keys of an object at once, and makes the row if it is not there.
    ///
    /// Keys of the row that the object does not encode stay as they are.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express, and for what does not encode as an
    ///   object.
    public func makeSet(_ id: PropertyKey, from object: some Encodable) throws -> Payload {
        let bytes = try JSONEncoding().encode(object)
        guard bytes.first == UInt8(ascii: "{") else {
            throw EncodingError.invalidValue(
                object, .init(codingPath: [], debugDescription: "a row is an object of keys"))
        }
        return DocWrite.payload(id, object: bytes)
    }

    /// The update that adds a row with these keys, and with the one that a declared set asks for.
    ///
    /// A row that is there already has these keys set, as in the original. A set that is declared
    /// by a filter adds nothing of its own.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makeAdd(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], to set: PropertyKey? = nil
    ) throws -> Payload {
        var members = try Self.encoded(members)
        if let set { core.view(set).include(id, core.row(id)?.members, &members) }
        return DocWrite.payload(id, members)
    }

    /// An id for a row that has no name of its own: 39 hexadecimal digits.
    ///
    /// - Parameter generator: A cryptographic one (`SystemRandomNumberGenerator`) outside of
    ///   simulations.
    public static func randomID(using generator: inout some RandomNumberGenerator) -> PropertyKey {
        PropertyKey(Source.random(using: &generator).text)
    }

    /// The update that removes a row, or `nil` when it is not there.
    public func makeRemove(_ id: PropertyKey) -> Payload? {
        core.row(id) == nil ? nil : DocWrite.payload(removing: id)
    }

    /// The update that takes a row out of a declared set or sequence, by setting the key that it
    /// asks for to `null`; the row itself stays.
    ///
    /// - Returns: `nil` when the row is not in there, or the set is declared by a filter.
    public func makeRemove(_ id: PropertyKey, from set: PropertyKey) -> Payload? {
        let view = core.view(set)
        guard case .member(let key, _) = view.condition, view.place(of: id) != nil else {
            return nil
        }
        return DocWrite.payload(id, [(key, Array("null".utf8))])
    }

    /// Keys and JSON in the order of JavaScript's properties.
    static func encoded(
        _ members: [PropertyKey: Value]
    ) throws -> [(key: PropertyKey, value: Payload)] {
        try members.sorted { PropertyKey.objectOrder($0.key, $1.key) }
            .map { (key: $0.key, value: try ValueCoding.encode($0.value)) }
    }
}
