// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A change of a ``ReplicatedValue``.
public struct ValueChange<Value: Codable & Sendable>: Sendable {
    /// When and by whom it was written.
    public let stamp: Stamp
    /// The JSON of the previous value, or `nil` if there was none.
    public let rawOldValue: [UInt8]?
    /// The JSON of the new value.
    public let rawValue: [UInt8]

    /// The previous value, or `nil` if there was none or it has another shape.
    public var oldValue: Value? {
        rawOldValue.flatMap { ValueCoding.decode(Value.self, from: $0) }
    }
    /// The new value, or `nil` if it has another shape.
    public var value: Value? { ValueCoding.decode(Value.self, from: rawValue) }
}
