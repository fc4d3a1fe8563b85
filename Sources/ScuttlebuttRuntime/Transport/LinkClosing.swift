// SPDX-License-Identifier: MIT

/// The reason for closing a link, which the transport passes on to the peer if it can.
public enum LinkClosing: Hashable, Sendable {
    /// The conversation is over and the peer need not reconnect. Primus sends
    /// `primus::server::close` first.
    case finished
    /// The peer violated the protocol or timed out; it may reconnect.
    case fault(String)
    /// This process is shutting down; the peer should reconnect later.
    case shutdown
}
