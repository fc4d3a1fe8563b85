// SPDX-License-Identifier: MIT

/// Some consecutive entries of a history, with their actions in an array of their own, which goes
/// when all of them are in the archive.
@usableFromInline
struct EntryChunk<Action> {
    @usableFromInline var entries: [StoredEntry] = []
    /// The actions of the first entries; those after them are unknown or in the archive.
    @usableFromInline var actions: [Action?] = []
    /// The number of actions that are here.
    @usableFromInline var heldCount = 0

    @inlinable
    init() {}

    @inlinable
    mutating func append(_ entry: StoredEntry, _ action: consuming Action?) {
        let place = entries.count
        entries.append(entry)
        guard action != nil else { return }
        heldCount &+= 1
        if actions.count < place { pad(to: place) }
        actions.append(action)
    }

    /// Appends some entries of another chunk.
    @inlinable
    mutating func append(_ other: EntryChunk, _ range: Range<Int>) {
        let place = entries.count
        entries.append(contentsOf: other.entries[range])
        let end = min(range.upperBound, other.actions.count)
        guard range.lowerBound < end else { return }
        pad(to: place)
        actions.append(contentsOf: other.actions[range.lowerBound..<end])
        if other.heldCount == other.actions.count {
            heldCount += end - range.lowerBound
        } else {
            for index in range.lowerBound..<end where other.actions[index] != nil {
                heldCount += 1
            }
        }
    }

    /// Returns the action of an entry, if it is here.
    @inlinable
    func action(at index: Int) -> Action? { index < actions.count ? actions[index] : nil }

    /// Gives an entry its action.
    @inlinable
    mutating func set(_ action: Action, at index: Int) {
        pad(to: index + 1)
        if actions[index] == nil { heldCount += 1 }
        actions[index] = action
    }

    /// Gives up an action that is in the archive; one that is unknown stays so.
    @inlinable
    mutating func archive(at index: Int) {
        guard index < actions.count, actions[index] != nil else { return }
        entries[index].isArchived = true
        actions[index] = nil
        heldCount -= 1
        if heldCount == 0 { actions = [] }
    }

    /// Removes the entries from an index on and returns them.
    @inlinable
    mutating func split(from index: Int) -> EntryChunk {
        var rest = EntryChunk()
        rest.entries = Array(entries[index...])
        entries.removeSubrange(index...)
        if index < actions.count {
            rest.actions = Array(actions[index...])
            actions.removeSubrange(index...)
            for action in rest.actions where action != nil { rest.heldCount += 1 }
            heldCount -= rest.heldCount
        }
        return rest
    }

    @inlinable
    mutating func pad(to count: Int) {
        while actions.count < count { actions.append(nil) }
    }
}

extension EntryChunk: Sendable where Action: Sendable {}
