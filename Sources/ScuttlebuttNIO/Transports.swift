// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// Finds the transport for a peer's address.
public enum Transports {
    /// The transport that dials `address`: `http(s)://…` is Primus, `ws(s)://…` WebSocket (at its
    /// path, `/ws` if none), `tcp://host:port` lines over TCP.
    ///
    /// - Throws: ``LinkError`` (`badAddress`) with one sentence for people.
    public static func transport(
        for address: String, limits: LinkLimits = LinkLimits()
    ) throws -> any Transport {
        let parsed = try PeerAddress(address)
        switch parsed.scheme {
        case .tcp: return TCPTransport(host: parsed.host, port: parsed.port, limits: limits)
        case .ws, .wss: return try WebSocketTransport(address, limits: limits)
        case .http, .https: return try PrimusTransport(address, limits: limits)
        }
    }
}
