// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A place at which a replicated text changed.
///
/// An update that changes several lines reports several changes; follow them in order. Offsets and
/// lengths count UTF-16 code units, like the text views of browsers and of Apple's systems.
public struct EditChange: Hashable, Sendable {
    /// Where the change begins, after the changes before it.
    public let offset: Int
    /// The removed text.
    public let removed: String
    /// The inserted text.
    public let inserted: String
    /// The stamp of the update, which distinguishes own writes from those of others.
    public let stamp: Stamp
    /// The change of the line, for ``EditUndo``.
    let line: ArrayChange

    /// Where a cursor goes when text is inserted exactly at its offset.
    public enum Affinity: Hashable, Sendable {
        /// Before the new text, as the end of a selection should.
        case before
        /// After the new text, as the start of a selection should.
        case after
    }

    /// Where a cursor stands after this change.
    ///
    /// A cursor before the change keeps its offset, and one after it moves along with the
    /// surrounding text. A cursor within replaced text keeps its distance from the start of the
    /// change, up to the length of the new text.
    ///
    /// - Parameters:
    ///   - cursor: An offset before the change, in UTF-16 code units.
    ///   - affinity: Where to go if text is inserted exactly at the cursor.
    public func moved(_ cursor: Int, affinity: Affinity = .before) -> Int {
        let (gone, new) = (removed.utf16.count, inserted.utf16.count)
        let staysBefore = affinity == .before || gone > 0
        if cursor < offset || cursor == offset && staysBefore { return cursor }
        if cursor - offset >= gone {
            // A cursor far behind the text, such as `Int.max`, must not overflow.
            let kept = cursor - gone
            return kept + min(new, .max - kept)
        }
        return offset + min(cursor - offset, new)
    }
}
