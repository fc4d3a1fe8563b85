// SPDX-License-Identifier: MIT

/// Where an item of a ``MovableList`` is put: on one side of a place that exists.
///
/// A list makes it; an app only carries it.
public struct ListPlace: Hashable, Codable, Sendable {
    /// On which side of its parent a place stands.
    enum Side: Int, Codable, Sendable {
        case left = 0
        case right = 1
    }

    /// The place next to which the new one is put, or `nil` for the beginning of the list.
    let parent: ListItemID?
    let side: Side
}
