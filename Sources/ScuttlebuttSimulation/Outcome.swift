// SPDX-License-Identifier: MIT

/// What happened in a run, counted.
public struct Figures: Hashable, Sendable {
    /// Actions that peers wrote.
    public internal(set) var dispatched = 0
    /// Updates of others that peers accepted.
    public internal(set) var accepted = 0
    /// Changes of a state by what came from others.
    public internal(set) var notifications = 0
    /// Lines that peers read.
    public internal(set) var lines = 0
    /// Lines among them that were updates between honest peers.
    public internal(set) var updateLines = 0
    /// Bytes that peers wrote to connections.
    public internal(set) var bytes = 0
    /// Connections that were opened between peers.
    public internal(set) var connections = 0
    /// Reports that a history is here, or that two peers are level.
    public internal(set) var synced = 0
    /// Updates that came again.
    public internal(set) var stale = 0
    /// Updates that were refused.
    public internal(set) var refused = 0
    /// Pairs of different updates that were found at one stamp.
    public internal(set) var equivocations = 0

    /// Actions that peers took in, their own and those of others: what a simulated action is in
    /// figures of speed.
    public var actions: Int { dispatched + accepted }
}

/// How the swarm stood at one moment.
public struct Sample: Hashable, Sendable {
    /// When, in microseconds of virtual time.
    public let time: Int64
    /// How many peers were running.
    public let runningPeers: Int
    /// How many updates the running peers lacked, added up: the staleness of the swarm.
    public let lacking: Int
    /// How many the stalest one lacked.
    public let mostLacking: Int
    /// How many bytes had been written to connections since the start.
    public let bytes: Int
}

/// What a run came to.
public struct Outcome: Sendable {
    /// What was run.
    public let script: Script
    /// The first promise that was found broken; `nil` when all were kept.
    public let violation: Violation?
    /// What happened, counted.
    public let figures: Figures
    /// How long the run took, in microseconds of virtual time.
    public let time: Int64
    /// How long after the last fault the last update was accepted, in microseconds of virtual
    /// time; `nil` when the run did not get so far.
    public let convergence: Int64?
    /// How many events there were.
    public let eventCount: Int
    /// A hash of all events: two runs with the same one did the same.
    public let digest: UInt64
    /// What happened, line by line, if that was asked for.
    public let log: [String]
    /// How the swarm stood over time, if that was asked for.
    public let samples: [Sample]
}
