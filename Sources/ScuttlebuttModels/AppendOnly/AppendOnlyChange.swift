// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What an update did to a ``ReplicatedAppendOnly``.
public enum AppendOnlyChange<Item: Codable & Sendable>: Sendable {
    /// An item was added, not necessarily at the end of the agreed order.
    case pushed(AppendOnlyItem<Item>)
    /// The update with this stamp removed an item.
    case removed(AppendOnlyItem<Item>, by: Stamp)
}
