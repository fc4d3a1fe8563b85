// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One place at which a replicated text changed.
///
/// An update that changes several lines gives several changes, to be followed in order. Offsets and
/// lengths count UTF-16 code units, as text views of browsers and of Apple's systems do.
public struct EditChange: Hashable, Sendable {
    /// Where the change begins in the text as the changes before it left it.
    public let offset: Int
    /// What was taken out there.
    public let removed: String
    /// What was put in its place.
    public let inserted: String
    /// The update that did it, by which own writes can be told from those of others.
    public let stamp: Stamp
    /// The line that was changed, for ``EditUndo``.
    let line: ArrayChange

    /// Which of two places a cursor keeps when text is inserted exactly where it stands.
    public enum Affinity: Hashable, Sendable {
        /// Before the new text, as the end of a selection should.
        case before
        /// Behind the new text, as the beginning of a selection should.
        case after
    }

    /// Where a cursor stands after this change.
    ///
    /// A cursor before the change keeps its offset; one behind it moves along with the text around
    /// it; one within text that was replaced stays as far behind its beginning as there is new
    /// text.
    ///
    /// - Parameters:
    ///   - cursor: An offset before the change, in UTF-16 code units.
    ///   - affinity: What to do when text is inserted exactly there.
    public func moved(_ cursor: Int, affinity: Affinity = .before) -> Int {
        let (gone, new) = (removed.utf16.count, inserted.utf16.count)
        let staysBefore = affinity == .before || gone > 0
        if cursor < offset || cursor == offset && staysBefore { return cursor }
        if cursor >= offset + gone { return cursor - gone + new }
        return offset + min(cursor - offset, new)
    }
}
