// SPDX-License-Identifier: MIT

/// A change of the visible text, for a view to follow.
///
/// Offsets count Unicode scalars in the text at the time of the change, after the preceding
/// changes.
public enum TextChange: Hashable, Sendable {
    /// The text was inserted at this offset.
    case inserted(String, at: Int)
    /// The scalars of this range were deleted.
    case deleted(Range<Int>)
}
