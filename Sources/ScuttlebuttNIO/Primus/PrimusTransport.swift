// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import NIOSSL
public import ScuttlebuttRuntime

/// Dials a Primus server (versions 6 to 8), such as redux-scuttlebutt's.
///
/// Before each dial it reads `/primus/spec` to learn who sends heartbeats; a server without one is
/// spoken to all the same.
public struct PrimusTransport: Transport {
    /// Where it dials.
    ///
    /// The path is not used: Primus has its own.
    public let address: PeerAddress
    private let dial: WebSocketDial
    private let timings: PrimusTimings

    /// Makes a transport; nothing is dialled yet.
    ///
    /// - Parameters:
    ///   - url: `http://` or `https://`, a host, and perhaps a port and a query, which is sent
    ///     along.
    ///   - tls: For `https`; the default trusts what the system trusts.
    /// - Throws: ``LinkError`` (`badAddress`) when the URL is none of these.
    public init(
        _ url: String, tls: TLSConfiguration? = nil, limits: LinkLimits = LinkLimits(),
        timings: PrimusTimings = PrimusTimings(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        let address = try PeerAddress(url)
        guard address.scheme == .http || address.scheme == .https else {
            throw LinkError(
                .badAddress, "\"\(url)\" is not a Primus address (http:// or https://).")
        }
        self.address = address
        self.timings = timings
        dial = try WebSocketDial(address, limits: limits, group: group, tls: tls)
    }

    /// The URL.
    public var name: String { address.description }

    /// Dials once.
    ///
    /// - Throws: ``LinkError``: `unreachable` when nobody answers in time, `badFraming` when
    ///   somebody answers who speaks no Primus.
    public func connect() async throws -> any Link {
        let dialect = try await PrimusSpecification.dialect(dial, name)
        let query = address.query.isEmpty ? "" : address.query + "&"
        let (timings, bound) = (self.timings, dial.limits.maximumLineByteCount)
        return try await dial.connect(
            target: "/primus?\(query)_primuscb=\(Yeast.cacheBuster())", name: name,
            encoder: PrimusString.clientEncoder
        ) {
            WebSocketFraming(
                isClient: true, maximumByteCount: bound,
                dialect: .primus(
                    PrimusFraming(client: timings, dialect: dialect, maximumByteCount: bound)))
        }
    }
}

extension Transport where Self == PrimusTransport {
    /// A Primus server at `url`; see ``PrimusTransport/init(_:tls:limits:timings:group:)``.
    public static func primus(_ url: String) throws -> PrimusTransport {
        try PrimusTransport(url)
    }
}
