// SPDX-License-Identifier: MIT

public import Logging
public import ScuttlebuttNIO

/// What a relay is told at its making; every setting has a default.
public struct RelayConfiguration: Sendable {
    /// The address to bind, for HTTP and TCP.
    ///
    /// Default `127.0.0.1`, which is reachable from this machine only: whoever reaches the relay
    /// may write.
    public var host = "127.0.0.1"
    /// The port of pages, `/ws` and `/primus`; 0 for any free one.
    ///
    /// Default 3000, as the original's.
    public var port = 3000
    /// The port of newline-delimited JSON over TCP; 0 for any free one.
    ///
    /// Default none.
    public var tcpPort: Int?
    /// Servers to dial, again and again after loss: `http://…`, `ws://…` or `tcp://host:port`.
    public var peers: [String] = []
    /// A file of wire lines that is read before the relay listens, as if a peer had sent it.
    public var importFile: String?
    /// A file to which accepted updates are appended as wire lines.
    ///
    /// It is complete at the end of the relay; what it lacks at the start is added then.
    public var exportFile: String?
    /// How many HTTP connections, WebSockets included, may be open; the same again for TCP.
    ///
    /// Default 10,000. Beyond it HTTP connections wait in the kernel and TCP links are closed.
    public var maximumConnections = 10_000
    /// How long an HTTP connection may stay without a request, or take over one.
    ///
    /// Default 30 s. It does not concern WebSockets: Primus has heartbeats, `/ws` has TCP's.
    public var idleTimeout = Duration.seconds(30)
    /// The bounds and time-outs of each link.
    public var linkLimits = LinkLimits()
    /// The heartbeats of Primus.
    public var primusTimings = PrimusTimings()
    /// How often a line of statistics is reported, if anything has changed; default never.
    public var statisticsInterval: Duration?
    /// Gets lines for people: links that open and end, statistics.
    ///
    /// Called from any task. Default none.
    public var report: (@Sendable (String) -> Void)?
    /// Gets `debug` lines; never payloads.
    public var logger = Logger(label: "scuttlebutt.relay")
    /// Waits; tests hand in a virtual one.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Makes the default configuration.
    public init() {}
}

/// Where a relay listens.
public struct RelayAddress: Hashable, Sendable {
    /// The address of the pages, such as `http://127.0.0.1:3000`.
    public let http: String
    /// The port of ``http``.
    public let port: Int
    /// Host and port for lines over TCP, such as `127.0.0.1:4000`; `nil` when there is none.
    public let tcp: String?
}
