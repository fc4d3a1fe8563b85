// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension History {
    /// Folds the oldest entries into the base for good, so that at least `count` entries remain.
    ///
    /// The base becomes the newest snapshot that far from the head, so that nothing is folded: the
    /// snapshots' distances at most double, so fewer than `2 · count + spacing` entries remain if
    /// there were more. Whoever calls this keeps the log elsewhere; see ``floor``.
    ///
    /// - Returns: Whether the base has moved.
    /// - Complexity: O(log n + chunks), and a walk over what is trimmed if there are local-only
    ///   actions; these are kept.
    @inlinable
    @discardableResult
    public mutating func trim(keeping count: Int) -> Bool {
        let before = storage.start
        let base = ladder.trim(to: max(before, place(atDistance: count)))
        if localTotal > trimmedLocals.count {
            for index in before..<base where storage[index].isLocal {
                trimmedLocals.append(storage.entry(at: index))
            }
        }
        storage.drop(before: base)
        guard storage.start > before else { return false }
        storage.dropArchived()
        return true
    }

    /// The place that has at least `count` entries after it, and all above the clock ceiling.
    ///
    /// Own actions to come sort before those, so they must not be folded into a base.
    @inlinable
    func place(atDistance count: Int) -> Int {
        let place = storage.count - max(0, count)
        guard let newest = storage.newest, newest.timestamp > .clockCeiling else { return place }
        let ceiling = storage.firstIndex(above: .clockCeiling)
        return min(place, ceiling)
    }

    /// The local-only actions that are folded into the base, in order; they are in no log, so a
    /// history that starts again from an older checkpoint needs them.
    @inlinable
    public var trimmedLocalEntries: [HistoryEntry<Action>] { trimmedLocals }

    /// The newest place at or before a distance from the head at which the state is at hand: that
    /// of a snapshot.
    ///
    /// The state contains local-only actions if ``localCount`` is not zero.
    ///
    /// - Parameter distance: The least number of entries that come after it.
    /// - Returns: The state with the stamp of the newest action in it and the number of gossiped
    ///   actions in it; `nil` if there is none above the floor.
    /// - Complexity: O(log n) and a walk over the entries after it.
    @inlinable
    public func snapshot(atDistance distance: Int) -> (state: State, stamp: Stamp, count: Int)? {
        let snapshot = ladder.nearest(to: max(storage.start, place(atDistance: distance)))
        guard snapshot.index > storage.start,
            let stamp = storage.anchor(of: storage[snapshot.index - 1])
        else { return nil }
        var count = gossipedCount
        for index in snapshot.index..<storage.count where !storage[index].isLocal { count -= 1 }
        return (snapshot.state, stamp, count)
    }

    /// Returns an empty history with the same reducer that continues from a checkpoint; see
    /// ``init(checkpoint:floor:count:reducer:spacing:)``.
    @inlinable
    public func restarted(at checkpoint: State, floor: Stamp, count: Int) -> History {
        var history = History(
            checkpoint: checkpoint, floor: floor, count: count, reducer: reducer,
            spacing: ladder.spacing)
        history.storage.beginArchive(like: storage)
        return history
    }

    /// Returns an empty history that begins before the first action.
    ///
    /// - Parameters:
    ///   - base: The state before the first action.
    ///   - reducer: Its reducer; `nil` for the same.
    @inlinable
    public func restarted(
        at base: State, reducer: HistoryReducer<State, Action>? = nil
    ) -> History {
        var history = History(
            base: base, reducer: reducer ?? self.reducer, spacing: ladder.spacing)
        history.storage.beginArchive(like: storage)
        return history
    }

    /// The actions that came at or below the floor since the history was created, in the order in
    /// which they came; their effects are missing until a new history has them.
    @inlinable
    public var stragglers: [HistoryEntry<Action>] { belowFloor }
}
