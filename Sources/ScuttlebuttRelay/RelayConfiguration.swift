// SPDX-License-Identifier: MIT

public import Logging
public import ScuttlebuttNIO

/// The settings of a relay, all of which have defaults.
public struct RelayConfiguration: Sendable {
    /// The address to listen on, for both HTTP and TCP.
    ///
    /// Default `127.0.0.1`, which is reachable from this machine only, because anyone who can reach
    /// the relay can write to it.
    public var host = "127.0.0.1"
    /// The port for the pages, `/ws` and `/primus`; 0 picks a free port.
    ///
    /// Default 3000, as in redux-scuttlebutt.
    public var port = 3000
    /// The path below which a proxy serves the relay without taking it away, such as `/sb`.
    ///
    /// It begins with a slash and does not end with one. Requests without it are answered as well.
    /// Default none.
    public var base = ""
    /// The core for the pages, a WebAssembly module as `dev/web` builds it, to serve at
    /// `/core.wasm`.
    ///
    /// Default `nil`: nothing is there.
    public var coreModule: [UInt8]?
    /// Files to serve by their request path, such as `/app.html`; in place of built-in pages of the
    /// same path.
    ///
    /// `/app.html` is found at `/app` as well, and `/index.html` at `/`. The type follows from the
    /// extension. Default none.
    public var files: [String: [UInt8]] = [:]
    /// The port for newline-delimited JSON over TCP; 0 picks a free port.
    ///
    /// Default `nil`, which disables it.
    public var tcpPort: Int?
    /// The servers to dial, and to redial when a connection is lost: `http://…`, `ws://…` or
    /// `tcp://host:port`.
    public var peers: [String] = []
    /// Whom to trust among ``peers`` that are dialled over HTTP, and what to say to all of them.
    public var dialling = DialSettings()
    /// A file of wire lines to import before the relay listens, as if a peer had sent it.
    public var importFile: String?
    /// A file to append accepted updates to, as wire lines.
    ///
    /// Updates that it lacks at the start are added then, and it is complete when the relay ends.
    public var exportFile: String?
    /// The maximum number of open links that others have opened: WebSockets, Primus and TCP.
    ///
    /// At least 1, default 10,000. Further WebSockets are refused with status 503, further TCP
    /// links are closed. At most 16 more HTTP connections than this are accepted, for requests such
    /// as `/healthz`; still further ones wait in the kernel.
    public var maximumConnections = 10_000
    /// The maximum number of open links of one client: an IPv4 address, or an IPv6 network of 64
    /// bits.
    ///
    /// At least 1. Default `nil`, no maximum. Further WebSockets are refused with status 429,
    /// further TCP links are closed. Behind a proxy all clients share its address, unless
    /// ``trust`` names the proxy.
    public var maximumConnectionsPerAddress: Int?
    /// The proxies that are believed when they say for whom they connect.
    ///
    /// Default nobody.
    public var trust = ProxyTrust()
    /// How long an HTTP connection may be idle, or take to send a request.
    ///
    /// Default 30 s. Does not apply to WebSockets: Primus has heartbeats, and `/ws` relies on TCP
    /// keep-alive.
    public var idleTimeout = Duration.seconds(30)
    /// The limits and timeouts of each link.
    public var linkLimits = LinkLimits()
    /// The heartbeats of Primus.
    public var primusTimings = PrimusTimings()
    /// The interval at which to report statistics if they have changed.
    ///
    /// Default `nil`, which disables the reports.
    public var statisticsInterval: Duration?
    /// Receives messages for people: links opening and closing, and statistics.
    ///
    /// Called from any task. Default `nil`.
    public var report: (@Sendable (String) -> Void)?
    /// Receives log messages at level `debug`, never with payloads.
    public var logger = Logger(label: "scuttlebutt.relay")
    /// Suspends for a duration.
    ///
    /// Tests replace it to use virtual time.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Creates the default configuration.
    public init() {}
}
