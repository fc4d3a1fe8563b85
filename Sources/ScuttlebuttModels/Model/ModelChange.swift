// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What an update did to a ``ReplicatedModel``.
public struct ModelChange<Value: Codable & Sendable>: Sendable {
    /// Which key was set.
    public let key: PropertyKey
    /// When and by whom.
    public let stamp: Stamp
    /// The JSON of the value before, `null` for a deleted one; `nil` if the key was never set.
    public let rawOldValue: [UInt8]?
    /// The JSON of the value now; `null` when the key was deleted.
    public let rawValue: [UInt8]

    init(core: ModelCore.Change) {
        key = core.key
        stamp = core.stamp
        rawOldValue = core.old
        rawValue = core.new
    }

    /// The value before; `nil` if there was none, or one of another shape.
    public var oldValue: Value? { rawOldValue.flatMap { Self.decode($0) } }
    /// The value now; `nil` if the key was deleted, or has one of another shape.
    public var value: Value? { Self.decode(rawValue) }

    private static func decode(_ bytes: [UInt8]) -> Value? {
        ValueCoding.isNull(bytes) ? nil : ValueCoding.decode(Value.self, from: bytes)
    }
}
