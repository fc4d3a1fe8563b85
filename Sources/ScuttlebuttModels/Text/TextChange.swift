// SPDX-License-Identifier: MIT

/// What an application of an operation did to the visible text, for a view to follow.
///
/// Offsets count Unicode scalars in the text as it is when the change is made, after those before.
public enum TextChange: Hashable, Sendable {
    /// The text came in at this offset.
    case inserted(String, at: Int)
    /// The scalars of this range went out.
    case deleted(Range<Int>)
}
