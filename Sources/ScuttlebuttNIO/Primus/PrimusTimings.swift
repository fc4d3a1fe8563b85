// SPDX-License-Identifier: MIT

public import NIOCore

/// How often Primus peers ask whether the other is alive, and when they give up.
///
/// The defaults are those of the originals; a test sets others.
public struct PrimusTimings: Hashable, Sendable {
    /// Server: a client that has sent no ping of its own for so long after opening is pinged.
    ///
    /// A Primus 6 client has pinged by then. Default 28 s.
    public var serverPingDelay = TimeAmount.seconds(28)
    /// Server: the pause between pings to such a client.
    ///
    /// Default 30 s.
    public var serverPingInterval = TimeAmount.seconds(30)
    /// Server: a client that sent nothing for so long is dropped.
    ///
    /// Default 35 s.
    public var serverTimeout = TimeAmount.seconds(35)
    /// Client of Primus 6: from opening, and from each pong, to the next ping.
    ///
    /// Default 25 s.
    public var clientPingInterval = TimeAmount.seconds(25)
    /// Client of Primus 6: how long a pong may take.
    ///
    /// Default 10 s.
    public var pongTimeout = TimeAmount.seconds(10)
    /// Client that knows no dialect: without a ping for so long, the server is Primus 6.
    ///
    /// Default 32 s.
    public var dialectWait = TimeAmount.seconds(32)
    /// Client of Primus 8: without a ping for so long, the server is gone.
    ///
    /// Default 45 s.
    public var serverPingTimeout = TimeAmount.seconds(45)

    /// The defaults.
    public init() {}
}

/// Who sends heartbeats to whom.
enum PrimusDialect: Hashable, Sendable {
    /// The client pings (Primus 6).
    case clientPings
    /// The server pings (Primus 7 and 8).
    case serverPings
    /// The server published no specification.
    case unknown
}
