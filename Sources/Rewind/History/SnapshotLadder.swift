// SPDX-License-Identifier: MIT

/// A state kept in memory at a place in history, to rewind to.
@usableFromInline
struct Snapshot<State> {
    /// The number of entries folded into the state.
    @usableFromInline let index: Int
    @usableFromInline let state: State

    @inlinable
    init(index: Int, state: State) {
        self.index = index
        self.state = state
    }
}

extension Snapshot: Sendable where State: Sendable {}

/// The snapshots that a history keeps: dense near the head, sparse far from it.
///
/// Let the head be the number of entries, `B` the spacing, and D₁ < D₂ < … the distances of the
/// snapshots from the head; the last of them is the base, which is always kept.
///
/// **Invariant**, after each mutation: D₁ < B, and Dₖ₊₁ ≤ 2·Dₖ + B for each k.
///
/// **Cost.** A late action with d ≥ 1 entries after it is folded from the nearest snapshot at a
/// distance of at least d. If that is D₁, it costs at most D₁ + 1 ≤ B calls. If it is Dₖ₊₁, then
/// Dₖ ≤ d − 1, so it costs at most Dₖ₊₁ + 1 ≤ 2(d − 1) + B + 1 < 2d + B calls. (Failures, which
/// are undone by replaying, come on top.)
///
/// **Upkeep.** When the head moves by δ every distance grows by δ, and
/// Dₖ₊₁ + δ ≤ 2·Dₖ + B + δ ≤ 2(Dₖ + δ) + B: only D₁ < B can break, so a snapshot is taken at the
/// head once D₁ = B. It has distance 0, and B ≤ 2·0 + B.
///
/// **Number.** `thin` drops a snapshot wherever the invariant survives without it, so of three
/// neighbours Dₖ₊₂ > 2·Dₖ + B; every second one is more than twice as far: at most
/// 2·log₂(head ⁄ B + 1) + 3 snapshots, which is 31 at a million entries and a spacing of 64.
/// One more may be pinned.
@usableFromInline
struct SnapshotLadder<State> {
    /// The number of entries between snapshots near the head.
    @usableFromInline let spacing: Int
    /// Ascending by index; the first is the base.
    @usableFromInline var rungs: [Snapshot<State>]
    /// The head at which to take the next snapshot.
    @usableFromInline var due: Int
    /// The index of a snapshot that must not be thinned; a rewind may have removed it.
    @usableFromInline var pinned = 0

    @inlinable
    init(base: State, at index: Int = 0, spacing: Int) {
        precondition(spacing >= 1, "snapshots need a spacing of at least one entry")
        self.spacing = spacing
        rungs = [Snapshot(index: index, state: base)]
        due = index + spacing
    }

    @inlinable
    var base: State { rungs[0].state }

    @inlinable
    var newest: Snapshot<State> { rungs[rungs.count - 1] }

    /// Takes a snapshot at the head.
    @inlinable
    mutating func record(_ state: State, atHead head: Int) {
        rungs.append(Snapshot(index: head, state: state))
        thin(head: head)
    }

    /// Takes a snapshot at the head unless there is one, and keeps it until another is pinned.
    @inlinable
    mutating func pin(_ state: State, atHead head: Int) {
        pinned = head
        if newest.index < head { record(state, atHead: head) }
    }

    /// Makes the newest snapshot of at most `index` entries the base, and returns its index.
    @inlinable
    mutating func trim(to index: Int) -> Int {
        let base = rungs.lastIndex { $0.index <= index } ?? 0
        rungs.removeFirst(base)
        return rungs[0].index
    }

    /// Drops the snapshots of more than `index` entries and returns the newest remaining one.
    @inlinable
    mutating func rewind(to index: Int) -> Snapshot<State> {
        while rungs[rungs.count - 1].index > index { rungs.removeLast() }
        return newest
    }

    /// Returns the newest snapshot of at most `index` entries.
    @inlinable
    func nearest(to index: Int) -> Snapshot<State> {
        var rung = rungs.count - 1
        while rungs[rung].index > index { rung -= 1 }
        return rungs[rung]
    }

    /// Drops snapshots that the invariant does not need, except the newest, the pinned and the
    /// base.
    @inlinable
    mutating func thin(head: Int) {
        var nearer = head - newest.index
        var rung = rungs.count - 2
        while rung > 0 {
            let isSpare = head - rungs[rung - 1].index <= 2 * nearer + spacing
            if isSpare, rungs[rung].index != pinned {
                rungs.remove(at: rung)
            } else {
                nearer = head - rungs[rung].index
            }
            rung -= 1
        }
        due = newest.index + spacing
    }

    /// Plans the snapshots of a replay, so that none is taken only to be thinned.
    ///
    /// The distances are B − 1, then each 2·previous + B. Returns the largest distance that lies
    /// after `start`, where the first snapshot is to be taken, or `nil`. The invariant then holds
    /// from there to the newest rung if that is at `start`. If it is before `start` and the step
    /// would be too long, `state` (the fold of `start` entries) is recorded.
    @inlinable
    mutating func plan(replayFrom start: Int, head: Int, state: State) -> Int? {
        var farthest: Int?
        var distance = spacing - 1
        while head - distance > start {
            farthest = distance
            distance = 2 * distance + spacing
        }
        var reach = spacing - 1
        if let farthest { reach = 2 * farthest + spacing }
        if start > newest.index, head - newest.index > reach {
            rungs.append(Snapshot(index: start, state: state))
        }
        return farthest
    }

    /// Returns the distance that follows `distance` on the way to the head.
    @inlinable
    func planned(after distance: Int) -> Int? {
        distance < spacing ? nil : (distance - spacing) / 2
    }
}

extension SnapshotLadder: Sendable where State: Sendable {}
