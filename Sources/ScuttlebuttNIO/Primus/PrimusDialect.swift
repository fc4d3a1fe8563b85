// SPDX-License-Identifier: MIT

/// Which side sends heartbeats.
enum PrimusDialect: Hashable, Sendable {
    /// The client pings (Primus 6).
    case clientPings
    /// The server pings (Primus 7 and 8).
    case serverPings
    /// Not known, because the server published no specification.
    case unknown
}
