// SPDX-License-Identifier: MIT

/// Where to put an item of a ``MovableList``: on one side of an existing place.
///
/// A list makes places; an app only carries them.
public struct ListPlace: Hashable, Codable, Sendable {
    /// The side of the parent.
    enum Side: Int, Codable, Sendable {
        case left = 0
        case right = 1
    }

    /// The place that the new one is next to, or `nil` for the start of the list.
    let parent: ListItemID?
    let side: Side
}
