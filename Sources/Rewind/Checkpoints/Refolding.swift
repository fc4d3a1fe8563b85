// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// A new history on its way to replace one to which actions came at or below its floor.
///
/// It begins with a checkpoint below those, or before the first action. What lies up to the old
/// floor is read from the log in pages, and what follows comes from the old history. It is trimmed
/// on the way, so that memory stays bounded.
///
/// The log may be ahead of the old history: an update can be durable before it is folded. What was
/// read ahead is counted in ``History/readAhead``, because it will come again.
package struct Refolding<State, Action> {
    /// The new history.
    package private(set) var fresh: History<State, Action>
    /// Where the log is to be read: after this stamp, or from the beginning.
    package private(set) var cursor: Stamp?
    private let old: History<State, Action>
    private var locals: ArraySlice<HistoryEntry<Action>>
    private var next: Int

    /// Where a new history may begin.
    package enum Start: Sendable {
        /// Before the first action.
        case origin
        /// With a checkpoint that does not contain the stamp.
        case checkpoint(below: Stamp?)
    }

    /// Returns where a history may begin that replaces `old`.
    package static func start(replacing old: History<State, Action>) -> Start {
        var bound = old.stragglers.compactMap { $0.stamp }.min()
        // Local-only actions are in no checkpoint.
        if let local = locals(of: old).first {
            guard let anchor = local.anchorStamp else { return .origin }
            bound = bound.map { min($0, anchor) } ?? anchor
        }
        return .checkpoint(below: bound)
    }

    /// The local-only actions that are not among the entries of a history, in order.
    ///
    /// One that was recorded for a copy may have come below the floor of that copy.
    private static func locals(of old: History<State, Action>) -> [HistoryEntry<Action>] {
        let late = old.stragglers.filter { $0.isLocal }
        guard !late.isEmpty else { return old.trimmedLocalEntries }
        return (old.trimmedLocalEntries + late).sorted { left, right in
            guard let right = right.anchorStamp else { return false }
            return left.anchorStamp.map { $0 < right } ?? true
        }
    }

    /// Begins with a history that has nothing but its base.
    package init(replacing old: History<State, Action>, from fresh: History<State, Action>) {
        self.old = old
        self.fresh = fresh
        cursor = fresh.floor
        locals = Self.locals(of: old)[...]
        next = old.entries.startIndex
    }

    /// Whether the log is to be read at all.
    package var readsLog: Bool { old.floor != nil }

    /// Returns the part of a page that is to be folded; if it is not the whole page, or empty, it
    /// is the last.
    package func part(of page: [Update]) -> [Update] {
        guard let end = old.floor else { return [] }
        return Array(page.prefix { $0.stamp <= end })
    }

    /// Folds a part of the log, with the local-only actions that belong there.
    ///
    /// - Parameters:
    ///   - batch: The decoded actions.
    ///   - last: The stamp of the newest.
    ///   - merge: Merges a batch into a history.
    package mutating func add(
        _ batch: [HistoryEntry<Action>], through last: Stamp,
        merge: (inout History<State, Action>, [HistoryEntry<Action>]) -> Void
    ) {
        var batch = batch
        // Each with its place, before that is trimmed away.
        while let local = locals.first, local.anchorStamp.map({ $0 <= last }) ?? true {
            batch.append(local)
            locals.removeFirst()
        }
        merge(&fresh, batch)
        cursor = last
    }

    /// Ends the part of the log.
    package mutating func finishLog() {
        fresh.merge(Array(locals))
        locals = []
    }

    /// Folds the next entries of the old history; returns `false` when there are no more.
    package mutating func addRetained(
        limit: Int, merge: (inout History<State, Action>, [HistoryEntry<Action>]) -> Void
    ) -> Bool {
        let entries = old.entries
        guard next < entries.endIndex else { return false }
        let end = min(next + limit, entries.endIndex)
        merge(&fresh, Array(entries[next..<end]))
        next = end
        return true
    }

    /// Drops the oldest entries of the new history, so that at least `count` remain.
    package mutating func trim(keeping count: Int) { fresh.trim(keeping: count) }

    /// Compares the number of actions with what there must be.
    ///
    /// - Returns: `nil` if the log had all of them, and else how many there must be.
    package mutating func missing() -> Int? {
        let expected = old.gossipedCount + Set(old.stragglers.compactMap { $0.stamp }).count
        let ahead = fresh.gossipedCount - expected + old.readAhead
        fresh.readAhead = max(0, ahead)
        return ahead < 0 ? expected : nil
    }
}

extension Refolding: Sendable where State: Sendable, Action: Sendable {}
