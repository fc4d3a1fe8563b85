// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What a store found in its storage when it started.
public struct OpenedLog: Hashable, Sendable {
    /// The number of updates in the log.
    public var updateCount = 0
    /// The checkpoint that the store started from, if there was a good one.
    public var checkpoint: StoredCheckpoint?
    /// Why each newer checkpoint was passed over, for people.
    public var passedOver: [String] = []
    /// The number of actions that were folded.
    public var foldedCount = 0
    /// How long all of it took.
    public var duration: Duration = .zero
}
