// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// Chooses the transport for a peer's address.
public enum Transports {
    /// Returns the transport that dials `address`: Primus for `http(s)://…`, WebSocket for
    /// `ws(s)://…` (default path `/ws`), and lines over TCP for `tcp://host:port`, which needs no
    /// settings.
    ///
    /// - Throws: `LinkError` `.badAddress` with a message for people.
    public static func transport(
        for address: String, limits: LinkLimits = LinkLimits(),
        settings: DialSettings = DialSettings()
    ) throws -> any Transport {
        let parsed = try PeerAddress(address)
        switch parsed.scheme {
        case .tcp: return TCPTransport(host: parsed.host, port: parsed.port, limits: limits)
        case .ws, .wss: return try WebSocketTransport(address, limits: limits, settings: settings)
        case .http, .https: return try PrimusTransport(address, limits: limits, settings: settings)
        }
    }
}
