// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension History {
    /// Replaces the reducer and recomputes the state from the base (G17).
    ///
    /// - Parameters:
    ///   - reducer: The new reducer.
    ///   - base: The new state before the oldest entry kept; `nil` keeps the old one. If the
    ///     history has a ``floor``, the base must contain what lies below it.
    /// - Complexity: One call of the new reducer for each known action.
    @inlinable
    @discardableResult
    public mutating func replaceReducer(
        _ reducer: HistoryReducer<State, Action>, base: State? = nil
    ) -> HistoryChange {
        self.reducer = reducer
        if let base {
            ladder = SnapshotLadder(base: base, at: storage.start, spacing: ladder.spacing)
        }
        var change = HistoryChange(depth: storage.count - storage.start)
        refold(from: storage.start, isAtHead: false, into: &change)
        return change
    }

    /// Decodes the unknown actions again, and applies each that is now known at its own place
    /// (G13).
    ///
    /// - Parameter decode: Called once for each unknown action, in order; returns `nil` to leave it
    ///   unknown.
    /// - Complexity: O(n), and a replay from the first action that became known.
    @inlinable
    @discardableResult
    public mutating func updateUnknown(_ decode: (Stamp) -> Action?) -> HistoryChange {
        var change = HistoryChange()
        guard unknownTotal > 0 else { return change }
        var first: Int?
        for index in storage.start..<storage.count {
            guard storage.isUnknown(at: index),
                let stamp = storage.stamp(of: storage[index]), let action = decode(stamp)
            else { continue }
            storage.set(action, at: index)
            unknownTotal -= 1
            if first == nil {
                first = index
                change.cause = stamp
            }
        }
        guard let first else { return change }
        change.depth = storage.count - first
        refold(from: first, isAtHead: false, into: &change)
        return change
    }

    /// Returns the state right after the gossiped action at `stamp`, or `nil` if there is none.
    ///
    /// - Complexity: A copy of a snapshot, and a replay from it of fewer than `2d + spacing`
    ///   calls with `d` entries after `stamp`; they do not count in ``reducerCalls``.
    @inlinable
    public func state(at stamp: Stamp) -> State? {
        guard let index = storage.index(of: stamp) else { return nil }
        let snapshot = ladder.nearest(to: index + 1)
        var state = snapshot.state
        _ = replaySettled(snapshot.index..<(index + 1), onto: &state)
        return state
    }

    /// Folds everything from `place` on again; earlier entries keep their outcome.
    ///
    /// - Parameter isAtHead: Whether the state folds exactly the entries before `place`, so that
    ///   there is nothing to rewind.
    @inlinable
    mutating func refold(from place: Int, isAtHead: Bool, into change: inout HistoryChange) {
        let head = storage.count
        let callsBefore = change.reducerCalls
        var start = place
        if !isAtHead {
            let snapshot = ladder.rewind(to: place)
            folded = snapshot.state
            start = snapshot.index
        }
        let archive: ActionArchive<Action>? = storage.archive
        var distance = ladder.plan(replayFrom: start, head: head, state: folded)
        var recovery: Snapshot<State>?
        for index in start..<head {
            if let planned = distance, head - planned == index {
                ladder.rungs.append(Snapshot(index: index, state: folded))
                recovery = nil
                distance = ladder.planned(after: planned)
            }
            fold(entryAt: index, archive, settledBefore: place, recovery: &recovery, into: &change)
        }
        // Only with a spacing of 1 is a snapshot planned at the head itself.
        if distance == 0 { ladder.rungs.append(Snapshot(index: head, state: folded)) }
        ladder.thin(head: head)
        callTotal &+= change.reducerCalls - callsBefore
    }

    @inlinable
    mutating func fold(
        entryAt index: Int, _ archive: ActionArchive<Action>?, settledBefore place: Int,
        recovery: inout Snapshot<State>?,
        into change: inout HistoryChange
    ) {
        let entry = storage[index]
        let hadFailed = entry.hasFailed
        if hadFailed, index < place { return }
        guard let action = storage.action(of: entry, at: index, archive) else { return }
        let reduction = reducer.reduce(&folded, action, storage.stamp(of: entry))
        change.reducerCalls += 1
        let hasFailed = reduction != .applied
        if hasFailed {
            change.failed += 1
            if reduction == .failed {
                change.reducerCalls += undoFailure(at: index, recovery: &recovery)
            }
        }
        if hasFailed != hadFailed { storage[index].hasFailed = hasFailed }
    }

    /// Replays the known actions of `range` that did not fail, and returns their number.
    @inlinable
    func replaySettled(_ range: Range<Int>, onto state: inout State) -> Int {
        var calls = 0
        let archive: ActionArchive<Action>? = storage.archive
        for index in range {
            let entry = storage[index]
            guard !entry.hasFailed, let action = storage.action(of: entry, at: index, archive)
            else { continue }
            _ = reducer.reduce(&state, action, storage.stamp(of: entry))
            calls += 1
        }
        return calls
    }

    /// Restores the state before the entry at `index` by replaying from the nearest snapshot, and
    /// returns the number of calls of the reducer.
    ///
    /// Where that took many calls the outcome becomes the `recovery` snapshot from which the next
    /// failure is undone. A replay with `f` failures among `n` actions costs so at most `n` and
    /// `f` times `recoveryThreshold` calls more, and a copy of the state for each threshold's
    /// worth of actions at most.
    @inlinable
    mutating func undoFailure(at index: Int, recovery: inout Snapshot<State>?) -> Int {
        var snapshot = ladder.newest
        if let recovery, recovery.index >= snapshot.index { snapshot = recovery }
        var state = snapshot.state
        let calls = replaySettled(snapshot.index..<index, onto: &state)
        if calls >= Self.recoveryThreshold { recovery = Snapshot(index: index, state: state) }
        folded = state
        return calls
    }

    /// The number of replayed calls from which on undoing a failure leaves a snapshot.
    @inlinable
    static var recoveryThreshold: Int { 16 }
}
