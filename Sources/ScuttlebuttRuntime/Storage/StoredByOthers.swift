// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What other processes have put into a ``SharedLogStorage``.
public struct StoredByOthers: Hashable, Sendable {
    /// The updates that were newer than all others of their source, in the order of storing.
    public var updates: [Update]
    /// Those that were stored behind newer ones of their source.
    public var late: [Update]

    /// Whether there is nothing.
    public var isEmpty: Bool { updates.isEmpty && late.isEmpty }

    /// Creates a portion.
    public init(updates: [Update] = [], late: [Update] = []) {
        self.updates = updates
        self.late = late
    }
}
