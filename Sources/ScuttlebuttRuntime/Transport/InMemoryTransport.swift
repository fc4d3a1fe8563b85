// SPDX-License-Identifier: MIT

/// Dials in-memory links.
public struct InMemoryTransport: Transport {
    /// The name to dial.
    public let name: String
    let network: InMemoryNetwork

    /// Dials once.
    ///
    /// - Throws: ``LinkError`` `.unreachable` if there is no listener.
    public func connect() async throws -> any Link { try network.dial(name) }
}
