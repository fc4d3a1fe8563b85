// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import NIOSSL
public import ScuttlebuttRuntime

/// Dials a WebSocket on which each text frame is one wire line.
public struct WebSocketTransport: Transport {
    /// Where it dials.
    public let address: PeerAddress
    private let dial: WebSocketDial

    /// Makes a transport; nothing is dialled yet.
    ///
    /// - Parameters:
    ///   - url: `ws://` or `wss://`, a host, and perhaps port, path (`/ws` if none) and query.
    ///   - tls: For `wss`; the default trusts what the system trusts.
    /// - Throws: ``LinkError`` (`badAddress`) when the URL is none of these.
    public init(
        _ url: String, tls: TLSConfiguration? = nil, limits: LinkLimits = LinkLimits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        let address = try PeerAddress(url)
        guard address.scheme == .ws || address.scheme == .wss else {
            throw LinkError(.badAddress, "\"\(url)\" is not a WebSocket address (ws:// or wss://).")
        }
        self.address = address
        dial = try WebSocketDial(address, limits: limits, group: group, tls: tls)
    }

    /// The URL.
    public var name: String { address.description }

    /// Dials once.
    ///
    /// - Throws: ``LinkError``: `unreachable` when nobody answers in time, `badFraming` when
    ///   somebody answers who speaks no WebSocket.
    public func connect() async throws -> any Link {
        let target = address.path + (address.query.isEmpty ? "" : "?" + address.query)
        let bound = dial.limits.maximumLineByteCount
        return try await dial.connect(
            target: target, name: name, encoder: WebSocketFrames.clientEncoder
        ) {
            WebSocketFraming(isClient: true, maximumByteCount: bound)
        }
    }
}

extension Transport where Self == WebSocketTransport {
    /// A WebSocket at `url`; see ``WebSocketTransport/init(_:tls:limits:group:)``.
    public static func webSocket(_ url: String) throws -> WebSocketTransport {
        try WebSocketTransport(url)
    }
}
