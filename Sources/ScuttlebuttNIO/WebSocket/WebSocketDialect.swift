// SPDX-License-Identifier: MIT

/// The protocol spoken in the text frames of a WebSocket.
public enum WebSocketDialect: Hashable, Sendable {
    /// One wire line per frame (`/ws`).
    case plain
    /// One wire line per frame towards the server, and several lines per frame, divided by
    /// newlines, towards the client (`/ws?batch=1`).
    ///
    /// A browser spends more on a message than on the line in it.
    case batched
    /// The Primus protocol (`/primus`), version 6, compatible with clients of versions 7 and 8.
    case primus(PrimusTimings = PrimusTimings())

    /// Whether lines are wrapped in the messages of Primus.
    public var isPrimus: Bool {
        if case .primus = self { return true }
        return false
    }

    /// Creates the dialect spoken at the path of a request, or returns `nil` if there is none.
    ///
    /// Primus matches any path that starts with `/primus`, as the JavaScript package does; `/ws`
    /// matches exactly, with or without a trailing slash.
    public init?(requestTarget: String) {
        let path = requestTarget.prefix { $0 != "?" }
        if path.hasPrefix("/primus") {
            self = .primus()
        } else if path == "/ws" || path == "/ws/" {
            let query = requestTarget.dropFirst(path.count + 1)
            self = query.split(separator: "&").contains("batch=1") ? .batched : .plain
        } else {
            return nil
        }
    }
}
