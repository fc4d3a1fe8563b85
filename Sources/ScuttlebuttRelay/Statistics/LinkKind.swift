// SPDX-License-Identifier: MIT

/// The ways in which a peer can be connected to a relay.
public enum LinkKind: String, CaseIterable, Sendable {
    /// The peer connected over Primus.
    case primus
    /// The peer connected to `/ws`.
    case websocket
    /// The peer connected over TCP.
    case tcp
    /// The relay dialled the peer.
    case dialled
}
