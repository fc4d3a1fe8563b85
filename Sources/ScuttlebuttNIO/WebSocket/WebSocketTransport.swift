// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import ScuttlebuttRuntime

/// Dials a WebSocket that carries one wire line per text frame.
public struct WebSocketTransport: Transport {
    /// The address to dial.
    public let address: PeerAddress
    private let dial: WebSocketDialer

    /// Creates a transport without dialling.
    ///
    /// - Parameters:
    ///   - url: A `ws` or `wss` URL with a host and optional port, path (default `/ws`) and query.
    ///   - limits: The limits of each link.
    ///   - settings: Whom to trust and what to say; by default, the system's trust roots are used.
    ///   - group: The event loops to run connections on.
    /// - Throws: `LinkError` `.badAddress` if the URL is invalid.
    public init(
        _ url: String, limits: LinkLimits = LinkLimits(), settings: DialSettings = DialSettings(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        let address = try PeerAddress(url)
        guard address.scheme == .ws || address.scheme == .wss else {
            throw LinkError(
                .badAddress, "invalid WebSocket address '\(address)': the scheme must be ws or wss")
        }
        self.address = address
        dial = try WebSocketDialer(address, limits: limits, group: group, settings: settings)
    }

    /// The URL, without user name, password and query.
    public var name: String { address.name }

    /// Dials once.
    ///
    /// - Throws: `LinkError` `.unreachable` if the server does not answer in time, or `.badFraming`
    ///   if it does not speak WebSocket.
    public func connect() async throws -> any Link {
        let limits = dial.limits
        return try await dial.connect(
            target: target, name: name, form: .batch, uncompressed: WebSocketFrames.clientEncoder
        ) { inflates in
            WebSocketFraming(
                isClient: true, maximumByteCount: limits.maximumLineByteCount, inflates: inflates,
                silenceTimeout: limits.silenceTimeout)
        }
    }

    /// The path and query to ask for.
    ///
    /// With compression, the server is asked for many lines in a message, since one line alone
    /// gains little (``WebSocketDialect/batched``).
    private var target: String {
        var query =
            address.query.isEmpty
            ? [] : address.query.split(separator: "&", omittingEmptySubsequences: false)
        if dial.limits.allowsCompression, !query.contains(where: { $0.hasPrefix("batch=") }) {
            query.append("batch=1")
        }
        return address.path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }
}

extension Transport where Self == WebSocketTransport {
    /// Dials a WebSocket at `url`; see ``WebSocketTransport/init(_:limits:settings:group:)``.
    public static func webSocket(_ url: String) throws -> WebSocketTransport {
        try WebSocketTransport(url)
    }
}
