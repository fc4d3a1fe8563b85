// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A change of one key of a ``ReplicatedModel``.
public struct ModelChange<Value: Codable & Sendable>: Sendable {
    /// Which key was set.
    public let key: PropertyKey
    /// When and by whom the key was set.
    public let stamp: Stamp
    /// The JSON of the previous value, `null` if the key was deleted, or `nil` if it was never set.
    public let rawOldValue: [UInt8]?
    /// The JSON of the new value, `null` if the key was deleted.
    public let rawValue: [UInt8]

    /// The previous value, or `nil` if there was none or it has another shape.
    public var oldValue: Value? { rawOldValue.flatMap { Self.decode($0) } }
    /// The new value, or `nil` if the key was deleted or its value has another shape.
    public var value: Value? { Self.decode(rawValue) }

    private static func decode(_ bytes: [UInt8]) -> Value? {
        ValueCoding.isNull(bytes) ? nil : ValueCoding.decode(Value.self, from: bytes)
    }
}
