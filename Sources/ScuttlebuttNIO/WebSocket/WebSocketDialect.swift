// SPDX-License-Identifier: MIT

/// The protocol spoken in the text frames of a WebSocket.
public enum WebSocketDialect: Hashable, Sendable {
    /// One wire line per frame (`/ws`).
    case plain
    /// The Primus protocol (`/primus`), version 6, compatible with clients of versions 7 and 8.
    case primus(PrimusTimings = PrimusTimings())

    /// Creates the dialect spoken at the path of a request, or returns `nil` if there is none.
    ///
    /// Primus matches any path that starts with `/primus`, as the JavaScript package does; `/ws`
    /// matches exactly, with or without a trailing slash.
    public init?(requestTarget: String) {
        let path = requestTarget.prefix { $0 != "?" }
        if path.hasPrefix("/primus") {
            self = .primus()
        } else if path == "/ws" || path == "/ws/" {
            self = .plain
        } else {
            return nil
        }
    }
}
