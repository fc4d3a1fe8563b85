// SPDX-License-Identifier: MIT

/// A change of the links of a swarm.
public enum SwarmEvent: Sendable {
    /// A dialled peer entered another phase.
    case dialing(DialStatus)
    /// A link opened.
    case linkOpened(name: String)
    /// A link closed.
    case linkClosed(name: String, SessionEnding)
    /// An attempt to dial failed, for a reason described in a sentence for people.
    case dialFailed(name: String, attempt: Int, String)
    /// A peer is no longer dialled, for a reason described in a sentence for people.
    case gaveUp(name: String, String)
}
