// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A ``ReplicatedValue`` became another.
public struct ValueChange<Value: Codable & Sendable>: Sendable {
    /// When and by whom it was written.
    public let stamp: Stamp
    /// The JSON of the value before; `nil` if there was none.
    public let rawOldValue: [UInt8]?
    /// The JSON of the value now.
    public let rawValue: [UInt8]

    /// The value before; `nil` if there was none, or one of another shape.
    public var oldValue: Value? {
        rawOldValue.flatMap { ValueCoding.decode(Value.self, from: $0) }
    }
    /// The value now; `nil` if it has another shape.
    public var value: Value? { ValueCoding.decode(Value.self, from: rawValue) }
}
