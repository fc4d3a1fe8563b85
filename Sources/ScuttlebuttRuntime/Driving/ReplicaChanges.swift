// SPDX-License-Identifier: MIT

/// What changed in a replica at once, in order.
public struct ReplicaChanges<Change: Sendable>: Sendable, RandomAccessCollection {
    private let changes: [Change]
    /// How many changes directly before these were dropped because the reader was too slow.
    public let missed: Int
    /// Whether the value changed in ways that these changes do not tell, so that it must be read
    /// again.
    ///
    /// It is true when some were missed, and when updates came home after a store was lost.
    public let isReset: Bool

    init(_ changes: [Change], missed: Int = 0, isReset: Bool = false) {
        self.changes = changes
        self.missed = missed
        self.isReset = isReset || missed > 0
    }

    /// Zero.
    public var startIndex: Int { 0 }
    /// How many changes there are.
    public var endIndex: Int { changes.count }
    /// The change at a place.
    public subscript(position: Int) -> Change { changes[position] }
}
