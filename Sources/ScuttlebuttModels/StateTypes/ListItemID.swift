// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Identifies an item of a ``MovableList``, or a place where an item was put.
///
/// It consists of the stamp of the action that created it and a number, because one action may
/// insert several items.
public struct ListItemID: Hashable, Comparable, Sendable {
    /// The stamp of the action that created it.
    public let stamp: Stamp
    /// The number of the item within its action, from 0.
    public let index: Int32

    /// Creates an identifier, for instance for a test.
    public init(stamp: Stamp, index: Int32) {
        self.stamp = stamp
        self.index = index
    }

    /// Orders by stamp, then by number.
    public static func < (left: ListItemID, right: ListItemID) -> Bool {
        left.stamp == right.stamp ? left.index < right.index : left.stamp < right.stamp
    }
}

extension ListItemID: Codable {
    /// Reads `[timestamp, source, index]`.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        stamp = try container.decodeStamp()
        index = try container.decode(Int32.self)
        try container.expectEnd()
    }

    /// Writes `[timestamp, source, index]`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(stamp)
        try container.encode(index)
    }
}
