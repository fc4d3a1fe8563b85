// SPDX-License-Identifier: MIT

/// On which side of its parent a scalar hangs in the tree of a Fugue text.
public enum TextSide: String, Codable, Hashable, Sendable {
    /// Before the parent and all that hangs on its left so far.
    case left
    /// After the parent.
    case right
}
