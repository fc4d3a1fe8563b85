// SPDX-License-Identifier: MIT

/// Dials one peer; ``Swarm`` uses it again to reconnect.
public protocol Transport: Sendable {
    /// The address it dials, for people and logs, e.g. `ws://127.0.0.1:3000/ws`.
    var name: String { get }

    /// Dials once.
    ///
    /// - Throws: ``LinkError`` if the peer cannot be reached.
    func connect() async throws -> any Link
}
