// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The state of one row: its keys and its removal.
///
/// A removal hides every key with an older stamp, whichever arrived first. A row exists while it
/// has an update that is newer than its removal, even one that set no key.
struct DocRow: Sendable {
    /// The newest removal.
    private(set) var removal: Stamp?
    /// The newest update of the row that is not removed.
    private(set) var newest: Stamp?
    /// Whether that update set no key, so that it alone proves that the row exists.
    private(set) var newestIsEmpty = false
    private(set) var members = RowMembers()

    var exists: Bool { newest != nil }

    /// Whether a removal with the same or a newer stamp hides what was written at this stamp.
    func hides(_ stamp: Stamp) -> Bool { removal.map { stamp <= $0 } ?? false }

    /// Sets one key.
    ///
    /// Call ``note(_:isEmpty:)`` after the last key of the update.
    mutating func set(_ member: RowMembers.Member) -> RowMembers.Outcome { members.set(member) }

    /// Records that an update set something, or no key at all.
    ///
    /// - Returns: Whether the update must be retained as proof of the row, and which update no
    ///   longer needs to be.
    mutating func note(_ stamp: Stamp, isEmpty: Bool) -> (isKept: Bool, superseded: Stamp?) {
        guard newest.map({ $0 < stamp }) ?? true else { return (false, nil) }
        let superseded = newestIsEmpty ? newest : nil
        newest = stamp
        newestIsEmpty = isEmpty
        return (isEmpty, superseded)
    }

    /// Removes what was written before a stamp.
    ///
    /// - Returns: `nil` if a newer removal is known; otherwise the removed keys, and the updates
    ///   that no longer need to be retained, each once.
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
        // All keys of an update share its stamp and are removed together.
        superseded.append(contentsOf: Set(removed.map(\.stamp)))
        return (removed, superseded)
    }
}
