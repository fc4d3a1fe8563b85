// SPDX-License-Identifier: MIT

import Scuttlebutt

/// One item of a ``ReplicatedAppendOnly``.
public struct AppendOnlyItem<Item: Codable & Sendable>: Sendable {
    /// What the item is removed by.
    public let id: AppendOnlyID
    /// The JSON object that was pushed.
    public let rawValue: [UInt8]

    init(_ update: Update) {
        id = AppendOnlyID(update.stamp)
        rawValue = AppendOnlyCore.object(in: update.payload)
    }

    /// What was pushed; `nil` if it has another shape.
    public var value: Item? { ValueCoding.decode(Item.self, from: rawValue) }
}
