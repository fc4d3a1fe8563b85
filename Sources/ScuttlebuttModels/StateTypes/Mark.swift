// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A value that was written at a stamp, or the news that it was taken back.
struct Mark<Value: Codable & Equatable & Sendable>: Equatable, Sendable {
    var stamp: Stamp
    /// `nil` when the value was taken back.
    var value: Value?
    var isLive: Bool { value != nil }

    /// Whether this one wins over another mark of its source.
    func isAbove(_ other: Mark) -> Bool {
        if stamp.timestamp != other.stamp.timestamp {
            return stamp.timestamp > other.stamp.timestamp
        }
        return !isLive && other.isLive
    }
}

extension Mark: Codable {
    /// Reads `[timestamp, source, value]`, or without a value when it was taken back.
    ///
    /// The number of elements decides, so a value may itself be `nil`.
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
