// SPDX-License-Identifier: MIT

import Scuttlebutt

/// One item of a ``ReplicatedAppendOnly``.
public struct AppendOnlyItem<Item: Codable & Sendable>: Sendable {
    /// The id by which the item can be removed.
    public let id: AppendOnlyID
    /// The JSON object that was pushed.
    public let rawValue: [UInt8]

    init(_ update: Update) {
        id = AppendOnlyID(update.stamp)
        rawValue = AppendOnlyCore.object(in: update.payload)
    }

    /// The pushed object, or `nil` if it has another shape.
    public var value: Item? { ValueCoding.decode(Item.self, from: rawValue) }
}
