// SPDX-License-Identifier: MIT

/// The outcome of a run.
public struct Outcome: Sendable {
    /// The script that was run.
    public let script: Script
    /// The first broken promise, or `nil` if all were kept.
    public let violation: BrokenPromiseError?
    /// The counts of what happened.
    public let figures: Figures
    /// The duration of the run, in microseconds of virtual time.
    public let time: Int64
    /// The time from the last fault until the last update was accepted, in microseconds of virtual
    /// time, or `nil` if the run did not get that far.
    public let convergence: Int64?
    /// The number of events.
    public let eventCount: Int
    /// A hash of all events; two runs with the same hash were the same.
    public let digest: UInt64
    /// What happened, line by line, if this was requested.
    public let log: [String]
    /// The state of the swarm over time, if this was requested.
    public let samples: [Sample]
}
