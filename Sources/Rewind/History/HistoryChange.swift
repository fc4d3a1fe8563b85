// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What one mutation of a ``History`` did.
///
/// A program can use it to report that the state was rewound.
public struct HistoryChange: Hashable, Sendable {
    /// The number of actions that are new in the history.
    public var inserted: Int
    /// The number of entries after the first new one, which were folded again.
    ///
    /// It is 0 if everything arrived in order.
    public var depth: Int
    /// The number of calls of the reducer, including the run-up from the snapshot and those that
    /// undo failures.
    public var reducerCalls: Int
    /// The number of actions, new or folded again, that became recorded no-ops.
    public var failed: Int
    /// The smallest stamp that forced a rewind.
    ///
    /// It is `nil` if ``depth`` is 0 or if the reducer was replaced.
    public var cause: Stamp?
    /// The stamps that were already in the history or earlier in the batch, ascending.
    ///
    /// Their actions were ignored. To find equivocation, the caller must compare the contents.
    public var duplicates: [Stamp]
    /// The stamps at or below the history's floor, ascending.
    ///
    /// Their actions were not inserted: the history no longer has what would have to be folded
    /// after them; see ``History/floor``.
    public var belowFloor: [Stamp]

    /// Creates a change; by default that of a mutation that did nothing.
    @inlinable
    public init(
        inserted: Int = 0, depth: Int = 0, reducerCalls: Int = 0, failed: Int = 0,
        cause: Stamp? = nil, duplicates: [Stamp] = [], belowFloor: [Stamp] = []
    ) {
        self.inserted = inserted
        self.depth = depth
        self.reducerCalls = reducerCalls
        self.failed = failed
        self.cause = cause
        self.duplicates = duplicates
        self.belowFloor = belowFloor
    }
}
