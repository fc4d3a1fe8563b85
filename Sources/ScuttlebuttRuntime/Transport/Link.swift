// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A connection to one peer that carries wire lines in both directions.
///
/// An implementation must keep these promises, which the conformance suite in
/// `ScuttlebuttRuntimeTestKit` checks:
/// * ``receive()`` returns complete lines, in order, without their newlines, and never a part of a
///   line. It returns `nil` once the peer has closed its half, and throws ``LinkError`` if the
///   connection is lost or the peer violates the framing. Only one task at a time calls it.
/// * ``send(_:)`` keeps the order of calls and returns when there is room for more, so that a slow
///   peer slows its sender down instead of filling an unbounded buffer. Only one task at a time
///   calls it.
/// * ``finish()`` closes our half after everything sent before has left; receiving continues.
/// * ``close(_:)`` may be called at any time, any number of times, from anywhere. After it, pending
///   and later calls of the other methods end promptly.
/// * A link that is released without ``close(_:)`` leaks nothing.
public protocol Link: AnyObject, Sendable {
    /// The name of the other end for people and logs, e.g. `tcp 127.0.0.1:52100`.
    var name: String { get }

    /// The form of header used with this transport; by default the upstream one.
    var headerForm: HeaderForm { get }

    /// Returns the next lines, at least one, or `nil` after the peer closed its half.
    func receive() async throws -> InboundLines?

    /// Sends every line of `lines`, in order.
    func send(_ lines: OutboundLines) async throws

    /// Closes our half of the connection, or behaves like `close(.finished)` if the transport does
    /// not support half-closure.
    func finish() async

    /// Closes the connection.
    func close(_ reason: LinkClosing) async
}

extension Link {
    /// The upstream form of header.
    public var headerForm: HeaderForm { .upstream }
}

/// The reason for closing a link, which the transport passes on to the peer if it can.
public enum LinkClosing: Hashable, Sendable {
    /// The conversation is over and the peer need not reconnect. Primus sends
    /// `primus::server::close` first.
    case finished
    /// The peer violated the protocol or timed out; it may reconnect.
    case fault(String)
    /// This process is shutting down; the peer should reconnect later.
    case shutdown
}

/// Dials one peer; ``Swarm`` uses it again to reconnect.
public protocol Transport: Sendable {
    /// The address it dials, for people and logs, e.g. `ws://127.0.0.1:3000/ws`.
    var name: String { get }

    /// Dials once.
    ///
    /// - Throws: ``LinkError`` if the peer cannot be reached.
    func connect() async throws -> any Link
}

/// Accepts links from peers that dial us.
public protocol LinkListener: Sendable {
    /// The bound address, `host:port`.
    var address: String { get }

    /// Returns the next accepted link, or `nil` once the listener is closed.
    func accept() async -> (any Link)?

    /// Stops accepting. Links that were already accepted stay open.
    func close() async
}

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
        /// The server asked this client not to reconnect (`primus::server::close`).
        public static let dismissed = Code("dismissed")
    }

    /// The kind of error.
    public let code: Code
    /// A message for people that names the thing, the likely cause and the next step.
    ///
    /// It starts in lower case and has no full stop, so that it can be part of a longer message.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
