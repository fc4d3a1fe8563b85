// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A value that was written at a stamp, or a record that it was taken back.
struct Mark<Value: Codable & Equatable & Sendable>: Equatable, Sendable {
    var stamp: Stamp
    /// `nil` if the value was taken back.
    var value: Value?
    var isLive: Bool { value != nil }

    /// Whether this mark wins over another mark of its source.
    func isAbove(_ other: Mark) -> Bool {
        if stamp.timestamp != other.stamp.timestamp {
            return stamp.timestamp > other.stamp.timestamp
        }
        return !isLive && other.isLive
    }
}

extension Mark: Codable {
    /// Reads `[timestamp, source, value]`, or no value if it was taken back.
    ///
    /// The number of elements decides, so the value itself may be `nil`.
    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        stamp = try container.decodeStamp()
        value = container.isAtEnd ? nil : try container.decode(Value.self)
        try container.expectEnd()
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(stamp)
        if let value { try container.encode(value) }
    }
}
