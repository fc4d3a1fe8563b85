// SPDX-License-Identifier: MIT

/// The side of its parent to which a scalar is attached in the tree of a Fugue text.
public enum TextSide: String, Codable, Hashable, Sendable {
    /// Before the parent and everything attached to its left so far.
    case left
    /// After the parent.
    case right
}
