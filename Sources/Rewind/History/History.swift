// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An ordered history of actions that keeps the state they fold to, and rewinds for late arrivals.
///
/// Gossiped actions are ordered by ``/Scuttlebutt/Stamp``, and the state is always what the reducer
/// makes of all of them, in that order, from the base. An action that arrives in order costs one
/// call of the reducer. A late one rewinds to a snapshot and replays what follows, which takes at
/// most `2d + spacing` calls if `d` entries follow it. A batch of any size is merged with one
/// rewind and one replay.
///
/// A history is a value. A copy shares chunks and snapshots with the original until either changes.
public struct History<State, Action> {
    @usableFromInline var storage = EntryStorage<Action>()
    @usableFromInline var ladder: SnapshotLadder<State>
    @usableFromInline var folded: State
    @usableFromInline var reducer: HistoryReducer<State, Action>
    @usableFromInline var localTotal = 0
    @usableFromInline var unknownTotal = 0
    @usableFromInline var callTotal = 0
    /// The number of gossiped actions that were folded before this history was created.
    @usableFromInline var foldedBefore = 0
    /// What came at or below the floor.
    @usableFromInline var belowFloor: [HistoryEntry<Action>] = []
    /// The local-only entries that were trimmed: a rewind below the floor needs them again.
    @usableFromInline var trimmedLocals: [HistoryEntry<Action>] = []
    /// The most actions that were folded from the log before they came, and may still come.
    @usableFromInline package var readAhead = 0

    /// Creates an empty history whose state is the base.
    ///
    /// - Parameters:
    ///   - base: The state before the first action; equal on all peers.
    ///   - reducer: Folds an action into the state.
    ///   - spacing: The number of entries between two snapshots near the head, at least 1. A
    ///     larger number means fewer copies of a state that is expensive to copy (one per
    ///     `spacing` actions), but up to as many more calls for a late action.
    @inlinable
    public init(base: State, reducer: HistoryReducer<State, Action>, spacing: Int = 64) {
        ladder = SnapshotLadder(base: base, spacing: spacing)
        folded = base
        self.reducer = reducer
    }

    /// Creates a history that continues from a state which some actions are folded into already.
    ///
    /// - Parameters:
    ///   - checkpoint: The state that the actions up to `floor` fold to, in agreed order.
    ///   - floor: The stamp of the newest of them. Actions that come at or before it can never be
    ///     inserted; see ``floor``.
    ///   - count: The number of those actions.
    ///   - reducer: Folds an action into the state.
    ///   - spacing: As in ``init(base:reducer:spacing:)``.
    @inlinable
    public init(
        checkpoint: State, floor: Stamp, count: Int, reducer: HistoryReducer<State, Action>,
        spacing: Int = 64
    ) {
        self.init(base: checkpoint, reducer: reducer, spacing: spacing)
        storage.floor = floor
        foldedBefore = count
    }

    /// Inserts one gossiped action at its place in the agreed order.
    ///
    /// - Parameters:
    ///   - action: The action, or `nil` if this build does not know it; it keeps its place.
    ///   - stamp: The position. If the history has it already, the action is a duplicate and
    ///     changes nothing.
    /// - Complexity: Amortised O(1) and one call of the reducer if `stamp` is the newest; otherwise
    ///   as ``merge(_:)``.
    @inlinable
    @discardableResult
    public mutating func insert(_ action: Action?, at stamp: Stamp) -> HistoryChange {
        guard storage.endsBefore(stamp) else {
            return merge([HistoryEntry(action, at: stamp)])
        }
        return append(HistoryEntry(anchor: stamp, isLocal: false, action: action))
    }

    /// Inserts an action that is nearly always the newest, and says nothing about its effects.
    ///
    /// It counts no references to the source.
    @inlinable
    public mutating func insert(_ action: Action, at timestamp: Timestamp, from source: Source) {
        guard storage.endsBefore(timestamp, source) else {
            insert(action, at: Stamp(timestamp: timestamp, source: source))
            return
        }
        let reduction = reducer.reduce(
            &folded, action, Stamp(timestamp: timestamp, source: source))
        finishAppending(
            StoredEntry(
                isLocal: false, source: storage.index(of: source), timestamp: timestamp),
            action, reduction)
    }

    /// Appends an action that never leaves this peer, anchored at the newest stamp.
    ///
    /// Rewinding keeps it after that stamp and before every greater one (G8). It is kept as long as
    /// the history.
    ///
    /// - Complexity: Amortised O(1) and one call of the reducer.
    @inlinable
    @discardableResult
    public mutating func appendLocal(_ action: Action) -> HistoryChange {
        localTotal += 1
        return append(HistoryEntry(anchor: storage.newest, isLocal: true, action: action))
    }

    /// Keeps a snapshot of the current state until another one is kept or a rewind passes it.
    ///
    /// Call this when contact with other peers ends. What they write from then on comes after the
    /// current entries, so the merge that heals the partition starts at this snapshot: with `b` of
    /// their actions and `d` of ours it takes `b + d` calls, with no run-up.
    ///
    /// - Complexity: One copy of the state, the next time it changes.
    @inlinable
    public mutating func keepSnapshotAtHead() {
        ladder.pin(folded, atHead: storage.count)
    }

    @inlinable
    mutating func append(_ entry: HistoryEntry<Action>) -> HistoryChange {
        guard let action = entry.known else {
            unknownTotal += 1
            storage.append(entry)
            recordIfDue()
            return HistoryChange(inserted: 1)
        }
        let reduction = reducer.reduce(&folded, action, entry.stamp)
        let calls = callTotal
        finishAppending(
            StoredEntry(
                isLocal: entry.isLocal,
                source: entry.anchor.map { storage.index(of: $0.source) }
                    ?? StoredEntry.noSource,
                timestamp: entry.anchor?.timestamp ?? .maximum),
            action, reduction)
        return HistoryChange(
            inserted: 1, reducerCalls: callTotal &- calls, failed: reduction == .applied ? 0 : 1)
    }

    /// Appends an entry whose action was just reduced.
    @inlinable
    mutating func finishAppending(
        _ entry: consuming StoredEntry, _ action: consuming Action, _ reduction: Reduction
    ) {
        callTotal &+= 1
        if reduction != .applied {
            entry.hasFailed = true
            if reduction == .failed { undoFailureAtHead() }
        }
        storage.append(entry, action)
        recordIfDue()
    }

    @inlinable
    mutating func recordIfDue() {
        if storage.count >= ladder.due { ladder.record(folded, atHead: storage.count) }
    }

    /// Undoes a failure at the head, and counts the calls of the reducer for it.
    @inlinable
    @inline(never)
    mutating func undoFailureAtHead() {
        var recovery: Snapshot<State>?
        callTotal &+= undoFailure(at: storage.count, recovery: &recovery)
        if let recovery { ladder.record(recovery.state, atHead: recovery.index) }
    }

    /// The state that all actions fold to, readable in place.
    @inlinable
    public var current: State {
        _read { yield folded }
    }

    /// The state before the oldest entry kept; ``floor`` tells which actions it contains.
    @inlinable
    public var base: State { ladder.base }

    /// The stamp up to which all actions are folded into the base; `nil` if the base is the state
    /// before the first action.
    ///
    /// An action at or before it cannot be inserted, because the entries to rewind are gone:
    /// ``merge(_:)`` names it in ``HistoryChange/belowFloor``, and whoever keeps the whole log
    /// makes a new history from an older checkpoint.
    @inlinable
    public var floor: Stamp? { storage.floor }

    /// The number of entries between two snapshots near the head.
    @inlinable
    public var spacing: Int { ladder.spacing }

    /// The number of entries kept, local-only ones included.
    @inlinable
    public var retainedCount: Int { storage.count - storage.start }

    /// The newest stamp, or `nil` before the first gossiped action.
    @inlinable
    public var newest: Stamp? { storage.newest }

    /// The number of gossiped actions.
    @inlinable
    public var gossipedCount: Int { foldedBefore + storage.count - localTotal }

    /// The number of local-only actions.
    @inlinable
    public var localCount: Int { localTotal }

    /// The number of gossiped actions that this build does not know.
    @inlinable
    public var unknownCount: Int { unknownTotal }

    /// The number of calls of the reducer since this history was created.
    @inlinable
    public var reducerCalls: Int { callTotal }

    /// The number of states kept to rewind to, including the base.
    ///
    /// At most `2·log₂(entries ⁄ spacing + 1) + 4`.
    @inlinable
    public var snapshotCount: Int { ladder.rungs.count }

    /// Returns whether the history contains the gossiped action at `stamp`.
    ///
    /// - Complexity: O(log n).
    @inlinable
    public func contains(_ stamp: Stamp) -> Bool {
        !storage.endsBefore(stamp) && storage.index(of: stamp) != nil
    }

    /// Returns the gossiped action at `stamp`, or `nil` if there is none.
    ///
    /// - Complexity: O(log n).
    @inlinable
    public func entry(at stamp: Stamp) -> HistoryEntry<Action>? {
        storage.index(of: stamp).map { storage.entry(at: $0) }
    }
}

extension History: Sendable where State: Sendable, Action: Sendable {}
