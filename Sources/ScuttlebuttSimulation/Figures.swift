// SPDX-License-Identifier: MIT

/// Counts of what happened in a run.
public struct Figures: Hashable, Sendable {
    /// Actions that peers wrote.
    public internal(set) var dispatched = 0
    /// Updates from others that peers accepted.
    public internal(set) var accepted = 0
    /// Changes of a state by updates from others.
    public internal(set) var notifications = 0
    /// Lines that peers read.
    public internal(set) var lines = 0
    /// Among those lines, updates between honest peers.
    public internal(set) var updateLines = 0
    /// Bytes that peers wrote to connections.
    public internal(set) var bytes = 0
    /// Connections opened between peers.
    public internal(set) var connections = 0
    /// Reports that a history is complete or that two peers are in sync.
    public internal(set) var synced = 0
    /// Updates that arrived again.
    public internal(set) var stale = 0
    /// Updates that were refused.
    public internal(set) var refused = 0
    /// Parts of a log that peers read from their disks for others.
    public internal(set) var storedPages = 0
    /// Steps towards folding again what came late, or storing a checkpoint.
    public internal(set) var tierSteps = 0
    /// Pairs of different updates found with one stamp.
    public internal(set) var equivocations = 0

    /// Actions that peers took in, their own and those from others; figures of speed count these.
    public var actions: Int { dispatched + accepted }
}
