// SPDX-License-Identifier: MIT

public import NIOCore

/// The heartbeat intervals and timeouts of Primus.
///
/// The defaults are those of Primus. Tests use shorter ones.
public struct PrimusTimings: Hashable, Sendable {
    /// Server: how long after opening to wait for a client's first ping before pinging it.
    ///
    /// A Primus 6 client has pinged by then. Default 28 s.
    public var serverPingDelay = TimeAmount.seconds(28)
    /// Server: the interval between pings to a client that does not ping.
    ///
    /// Default 30 s.
    public var serverPingInterval = TimeAmount.seconds(30)
    /// Server: how long a client may be silent before its connection is closed.
    ///
    /// Default 35 s.
    public var serverTimeout = TimeAmount.seconds(35)
    /// Client of Primus 6: the time from opening, and from each pong, to the next ping.
    ///
    /// Default 25 s.
    public var clientPingInterval = TimeAmount.seconds(25)
    /// Client of Primus 6: how long to wait for a pong.
    ///
    /// Default 10 s.
    public var pongTimeout = TimeAmount.seconds(10)
    /// Client that does not know the dialect: how long to wait for a ping before assuming Primus 6.
    ///
    /// Default 32 s.
    public var dialectWait = TimeAmount.seconds(32)
    /// Client of Primus 8: how long to wait for a ping before considering the server lost.
    ///
    /// Default 45 s.
    public var serverPingTimeout = TimeAmount.seconds(45)

    /// Creates the default timings.
    public init() {}

    /// Returns timings by which a client of Primus 6 notices a dead server within twice `silence`,
    /// if that is shorter.
    func noSlower(than silence: TimeAmount) -> PrimusTimings {
        var timings = self
        guard silence < LinkLimits().silenceTimeout else { return timings }
        timings.clientPingInterval = min(clientPingInterval, silence)
        timings.pongTimeout = min(pongTimeout, silence)
        return timings
    }
}
