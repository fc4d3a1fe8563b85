// SPDX-License-Identifier: MIT

/// The state of the swarm at one moment.
public struct Sample: Hashable, Sendable {
    /// The time, in microseconds of virtual time.
    public let time: Int64
    /// The number of running peers.
    public let runningPeers: Int
    /// The total number of updates that the running peers lacked: the staleness of the swarm.
    public let lacking: Int
    /// The number of updates that the stalest peer lacked.
    public let mostLacking: Int
    /// The number of bytes written to connections since the start.
    public let bytes: Int
}
