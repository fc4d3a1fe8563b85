// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An element of a replicated array that was inserted, replaced or removed.
///
/// An update that changes several elements reports several changes. Follow them in order: each
/// index takes the preceding changes into account.
public struct ArrayChange: Hashable, Sendable {
    /// The sort key of the element.
    public let key: PropertyKey
    /// The index of the element, or its index before it was removed.
    public let index: Int
    /// The JSON of the previous element, or `nil` if a new element was inserted.
    public let old: [UInt8]?
    /// The JSON of the new element, or `nil` if the element was removed.
    public let new: [UInt8]?
    /// The stamp of the update, which distinguishes own writes from those of others.
    public let stamp: Stamp

    /// The previous element, or `nil` if there was none or it has another shape.
    public func oldValue<Value: Decodable>(as type: Value.Type) -> Value? {
        old.flatMap { ValueCoding.decode(type, from: $0) }
    }

    /// The new element, or `nil` if there is none or it has another shape.
    public func newValue<Value: Decodable>(as type: Value.Type) -> Value? {
        new.flatMap { ValueCoding.decode(type, from: $0) }
    }
}
