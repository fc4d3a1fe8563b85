// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What an update did to a ``ReplicatedAppendOnly``.
public enum AppendOnlyChange<Item: Codable & Sendable>: Sendable {
    /// An item was added; it need not be the last in agreed order.
    case pushed(AppendOnlyItem<Item>)
    /// An item was taken out by the update with this stamp.
    case removed(AppendOnlyItem<Item>, by: Stamp)
}
