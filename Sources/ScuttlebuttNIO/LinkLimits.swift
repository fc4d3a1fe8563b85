// SPDX-License-Identifier: MIT

public import NIOCore

/// The bounds and time-outs of one link.
public struct LinkLimits: Hashable, Sendable {
    /// The longest line, WebSocket message or frame that a peer may send, in bytes; beyond it that
    /// link ends with ``LinkError/Code/lineTooLong``.
    ///
    /// Default 10,485,760, as the original's server.
    public var maximumLineByteCount = 10_485_760
    /// Unread bytes above which nothing more is read from the peer.
    ///
    /// Default 1 MiB. Higher costs memory per slow reader, lower costs a wake-up more often.
    public var unreadByteBound = 1 << 20
    /// Unsent bytes above which `send` suspends.
    ///
    /// Default 1 MiB.
    public var unsentByteBound = 1 << 20
    /// How long dialling, TLS and upgrade may take together.
    ///
    /// Default 30 s, as the original's client.
    public var connectTimeout = TimeAmount.seconds(30)
    /// How long an accepted connection may take over its HTTP upgrade.
    ///
    /// Default 10 s.
    public var upgradeTimeout = TimeAmount.seconds(10)
    /// How long a closing link waits for the peer to take what was sent and to close too.
    ///
    /// Default 2 s.
    public var closingTimeout = TimeAmount.seconds(2)

    /// The defaults.
    public init() {}
}
