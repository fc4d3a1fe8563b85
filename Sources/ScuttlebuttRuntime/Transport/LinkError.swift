// SPDX-License-Identifier: MIT

/// An error on a link or while dialling or listening.
public struct LinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of error.
    ///
    /// Implementations of ``Transport`` may define their own.
    public struct Code: Hashable, Sendable {
        private let name: String
        /// Creates a code for another transport.
        public init(_ name: String) { self.name = name }
        /// The peer does not answer.
        public static let unreachable = Code("unreachable")
        /// The connection broke before the peer closed its half.
        public static let lost = Code("lost")
        /// The peer sent a line or frame above the limit.
        public static let lineTooLong = Code("lineTooLong")
        /// The peer closed the link because a line of ours was too long for it (WebSocket close
        /// code 1009).
        public static let lineRefused = Code("lineRefused")
        /// The peer violated the transport's protocol (HTTP, WebSocket, Primus).
        public static let badFraming = Code("badFraming")
        /// The peer was silent for too long.
        public static let timedOut = Code("timedOut")
        /// This side closed the link.
        public static let closed = Code("closed")
        /// The address is invalid, or cannot be bound.
        public static let badAddress = Code("badAddress")
        /// The address to listen on is in use.
        public static let addressInUse = Code("addressInUse")
        /// The server refused the connection, and will refuse it again until something changes
        /// there or here: a status such as 401, 403 or 404, or the WebSocket close code 1008.
        public static let refused = Code("refused")
        /// The server asked this client not to reconnect (`primus::server::close`, or the status
        /// 410 Gone).
        public static let dismissed = Code("dismissed")
    }

    /// The kind of error.
    public let code: Code
    /// A message for people that names the thing, the likely cause and the next step.
    ///
    /// It starts in lower case and has no full stop, so that it can be part of a longer message.
    public let message: String
    /// How long the server asks us to wait before we dial again, at most an hour.
    public let retryAfter: Duration?

    /// Creates an error.
    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// The message.
    public var description: String { message }
}
