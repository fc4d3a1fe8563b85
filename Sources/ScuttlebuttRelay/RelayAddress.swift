// SPDX-License-Identifier: MIT

/// The addresses a relay listens on.
public struct RelayAddress: Hashable, Sendable {
    /// The URL of the pages, such as `http://127.0.0.1:3000`.
    public let http: String
    /// The port of ``http``.
    public let port: Int
    /// The host and port for lines over TCP, such as `127.0.0.1:4000`, if enabled.
    public let tcp: String?
}
