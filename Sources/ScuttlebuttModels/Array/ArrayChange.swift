// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One element of a replicated array that was inserted, replaced or removed.
///
/// An update that changes several elements gives several changes. They are to be followed in order:
/// the index of each counts what the ones before it did.
public struct ArrayChange: Hashable, Sendable {
    /// The sort key of the element.
    public let key: PropertyKey
    /// Where the element stands, or stood before it was removed.
    public let index: Int
    /// The JSON of the element that was here before; `nil` when a new one was inserted.
    public let old: [UInt8]?
    /// The JSON of the element that is here now; `nil` when it was removed.
    public let new: [UInt8]?
    /// The update that did it, by which own writes can be told from those of others.
    public let stamp: Stamp

    /// The element that was here before, or `nil` if there was none or it is of another shape.
    public func oldValue<Value: Decodable>(as type: Value.Type) -> Value? {
        old.flatMap { ValueCoding.decode(type, from: $0) }
    }

    /// The element that is here now, or `nil` if there is none or it is of another shape.
    public func newValue<Value: Decodable>(as type: Value.Type) -> Value? {
        new.flatMap { ValueCoding.decode(type, from: $0) }
    }
}
