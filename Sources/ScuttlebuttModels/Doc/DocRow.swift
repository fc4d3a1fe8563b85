// SPDX-License-Identifier: MIT

import Scuttlebutt

/// What a document knows of one row: its keys, and its removal.
///
/// A removal hides every key that was set before it, by stamps, whichever arrived first. A row is
/// there while something newer than its removal has been set, be it no key at all.
struct DocRow: Sendable {
    /// The newest removal.
    private(set) var removal: Stamp?
    /// The newest update that set something and is not removed.
    private(set) var newest: Stamp?
    /// Whether that update set no key, so that nothing but the row itself tells of it.
    private(set) var newestIsEmpty = false
    private(set) var members = RowMembers()

    var exists: Bool { newest != nil }

    /// Whether a removal that is at least as new hides what was written at this stamp.
    func hides(_ stamp: Stamp) -> Bool { removal.map { stamp <= $0 } ?? false }

    /// Sets one key; call ``note(_:isEmpty:)`` after the last one of the update.
    mutating func set(_ member: RowMembers.Member) -> RowMembers.Outcome { members.set(member) }

    /// Notes that an update has set something, or no key at all.
    ///
    /// - Returns: Whether it must be kept for that, and which update need not be any more.
    mutating func note(_ stamp: Stamp, isEmpty: Bool) -> (isKept: Bool, superseded: Stamp?) {
        guard newest.map({ $0 < stamp }) ?? true else { return (false, nil) }
        let superseded = newestIsEmpty ? newest : nil
        newest = stamp
        newestIsEmpty = isEmpty
        return (isEmpty, superseded)
    }

    /// Removes what was written before a stamp.
    ///
    /// - Returns: `nil` when a newer removal is known; else the keys that went, and the updates
    ///   that need not be kept any more, each once.
    mutating func remove(at stamp: Stamp) -> (members: [RowMembers.Member], superseded: [Stamp])? {
        guard removal.map({ $0 < stamp }) ?? true else { return nil }
        var superseded: [Stamp] = []
        if let removal { superseded.append(removal) }
        removal = stamp
        if let last = newest, last < stamp {
            if newestIsEmpty { superseded.append(last) }
            newest = nil
            newestIsEmpty = false
        }
        let removed = members.remove(before: stamp)
        // All keys of an update have its stamp, so they go together.
        superseded.append(contentsOf: Set(removed.map(\.stamp)))
        return (removed, superseded)
    }
}
