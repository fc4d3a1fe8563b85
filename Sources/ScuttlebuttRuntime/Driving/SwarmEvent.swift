// SPDX-License-Identifier: MIT

/// What a dialled peer is doing, for a status line.
public struct DialStatus: Hashable, Sendable {
    /// The three phases of dialling.
    public enum Phase: Hashable, Sendable {
        /// A connection is being made.
        case connecting(attempt: Int)
        /// The link is open.
        case connected
        /// The link is down; the next attempt comes after this delay.
        case waiting(attempt: Int, Duration)
    }

    /// Where it is dialled.
    public let name: String
    /// What it is doing.
    public var phase: Phase
}

/// What happened to the links of a swarm.
public enum SwarmEvent: Sendable {
    /// A dialled peer went into another phase.
    case dialing(DialStatus)
    /// A link was opened.
    case linkOpened(name: String)
    /// A link has ended.
    case linkClosed(name: String, SessionEnding)
    /// Nobody was reached; the reason is a sentence for people.
    case dialFailed(name: String, attempt: Int, String)
    /// A peer is not dialled any more.
    case gaveUp(name: String, String)
}
