// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import ScuttlebuttRuntime

/// Dials a Primus server (versions 6 to 8), such as redux-scuttlebutt's.
///
/// Before each dial it fetches `primus/spec` to learn which side sends heartbeats. A server
/// without a specification works too.
public struct PrimusTransport: Transport {
    /// The address to dial.
    ///
    /// Primus is dialled below its path: at `/primus`, or at `/sb/primus` for `http://host/sb`.
    public let address: PeerAddress
    private let dial: WebSocketDialer
    private let timings: PrimusTimings

    /// Creates a transport without dialling.
    ///
    /// - Parameters:
    ///   - url: An `http` or `https` URL with a host, an optional port, an optional path, below
    ///     which Primus is, and an optional query, which is sent to the server.
    ///   - limits: The limits of each link.
    ///   - settings: Whom to trust and what to say; by default, the system's trust roots are used.
    ///   - timings: The heartbeat timings.
    ///   - group: The event loops to run connections on.
    /// - Throws: `LinkError` `.badAddress` if the URL is invalid.
    public init(
        _ url: String, limits: LinkLimits = LinkLimits(), settings: DialSettings = DialSettings(),
        timings: PrimusTimings = PrimusTimings(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        let address = try PeerAddress(url)
        guard address.scheme == .http || address.scheme == .https else {
            throw LinkError(
                .badAddress,
                "invalid Primus address '\(address)': the scheme must be http or https")
        }
        self.address = address
        self.timings = timings.noSlower(than: limits.silenceTimeout)
        dial = try WebSocketDialer(address, limits: limits, group: group, settings: settings)
    }

    /// The URL, without user name, password and query.
    public var name: String { address.name }

    /// Dials once.
    ///
    /// - Throws: `LinkError` `.unreachable` if the server does not answer in time, or `.badFraming`
    ///   if it does not speak Primus.
    public func connect() async throws -> any Link {
        let dialect = try await PrimusSpecification.dialect(dial, name)
        let query = address.query.isEmpty ? "" : address.query + "&"
        let (timings, bound) = (self.timings, dial.limits.maximumLineByteCount)
        return try await dial.connect(
            target: "\(address.primusPath)?\(query)_primuscb=\(Yeast.cacheBuster())", name: name,
            form: .primus, uncompressed: PrimusString.clientEncoder
        ) { inflates in
            WebSocketFraming(
                isClient: true, maximumByteCount: bound, inflates: inflates,
                primus: PrimusFraming(
                    client: timings, dialect: dialect, maximumByteCount: bound))
        }
    }
}

extension Transport where Self == PrimusTransport {
    /// Dials the Primus server at `url`; see
    /// ``PrimusTransport/init(_:limits:settings:timings:group:)``.
    public static func primus(_ url: String) throws -> PrimusTransport {
        try PrimusTransport(url)
    }
}
