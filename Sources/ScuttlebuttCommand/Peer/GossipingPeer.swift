// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// A peer that a subcommand controls through standard input and output.
protocol GossipingPeer: Sendable {
    /// The identity it writes as.
    var source: Source { get }
    /// Its connections.
    var swarm: Swarm { get }

    /// Its commands with their arguments, for people.
    var usages: [String] { get }

    /// Answers one line of input with exactly one JSON object.
    ///
    /// - Parameter first: What the first write waits for, if a connection is being made.
    func reply(to line: [UInt8], _ first: FirstWrite?) async -> PeerReply
    /// Waits until some peer has said what it has; returns false when this time is over.
    func headerReceived(within limit: Duration) async -> Bool
    /// Returns a follower that prints other peers' updates from now on.
    func follower() -> any PeerFollower
    /// Briefly waits for own updates to be sent, saves everything, and closes all connections.
    func close() async throws
}

/// The answer to one line of input.
struct PeerReply: Sendable {
    let line: [UInt8]
    var isQuit = false
}

/// Prints updates as they arrive.
protocol PeerFollower: Sendable {
    /// Prints until cancelled or asked to finish.
    func run() async throws
    /// Prints what has arrived and has not been printed yet.
    func finish() async
}
