// SPDX-License-Identifier: MIT

/// The status of a dialled peer, for a status line.
public struct DialStatus: Hashable, Sendable {
    /// A phase of dialling.
    public enum Phase: Hashable, Sendable {
        /// A connection is being opened.
        case connecting(attempt: Int)
        /// The link is open.
        case connected
        /// The link is down; the next attempt follows after this delay.
        case waiting(attempt: Int, Duration)
        /// Another process holds the ``ConnectionLease`` and connects for this one too.
        case standingBy
    }

    /// The name of its transport.
    public let name: String
    /// The current phase.
    public var phase: Phase
}
