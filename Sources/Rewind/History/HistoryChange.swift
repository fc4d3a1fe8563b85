// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What one mutation of a ``History`` did: the material for "your state went back" events.
public struct HistoryChange: Hashable, Sendable {
    /// How many actions are new in the history.
    public var inserted: Int
    /// How many entries stood after the first new one and were folded again.
    ///
    /// It is 0 when everything arrived in order.
    public var depth: Int
    /// How often the reducer ran, with the run-up from the snapshot and the undoing of failures.
    public var reducerCalls: Int
    /// How many actions that were new or folded again ended as recorded no-ops.
    public var failed: Int
    /// The smallest stamp that forced a rewind.
    ///
    /// It is `nil` when ``depth`` is 0, and for a new reducer.
    public var cause: Stamp?
    /// The stamps that were in the history or earlier in the batch already, ascending.
    ///
    /// Their actions were ignored. The caller compares contents if it wants to find equivocation.
    public var duplicates: [Stamp]

    /// Makes a change of its parts; the default is a mutation that did nothing.
    @inlinable
    public init(
        inserted: Int = 0, depth: Int = 0, reducerCalls: Int = 0, failed: Int = 0,
        cause: Stamp? = nil, duplicates: [Stamp] = []
    ) {
        self.inserted = inserted
        self.depth = depth
        self.reducerCalls = reducerCalls
        self.failed = failed
        self.cause = cause
        self.duplicates = duplicates
    }
}
