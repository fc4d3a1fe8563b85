// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One connection to one peer that carries wire lines in both directions.
///
/// What an implementor promises (the conformance suite in `ScuttlebuttRuntimeTestKit` checks it):
/// * ``receive()`` hands out complete lines, in order, without their newline, never a part of one;
///   it returns `nil` once the peer has ended its half, and throws ``LinkError`` when the
///   connection was lost or the peer broke the framing. One task at a time calls it.
/// * ``send(_:)`` keeps the order of calls and returns when there is room for more, so that a slow
///   peer slows its sender and fills no unbounded buffer. One task at a time calls it.
/// * ``finish()`` ends our half after everything sent before has left; receiving goes on.
/// * ``close(_:)`` may be called at any time, any number of times, from anywhere; afterwards
///   pending and later calls of the others end promptly.
/// * A link that is dropped without ``close(_:)`` leaks nothing.
public protocol Link: AnyObject, Sendable {
    /// The other end, for people and logs, e.g. `tcp 127.0.0.1:52100`.
    var name: String { get }

    /// Which form of header belongs to this transport; the default is the upstream one.
    var headerForm: HeaderForm { get }

    /// The next lines that arrived, at least one; `nil` after the peer ended its half.
    func receive() async throws -> InboundLines?

    /// Sends every line of `lines`, in order.
    func send(_ lines: OutboundLines) async throws

    /// Ends our half of the connection, where the transport has halves; else as `close(.finished)`.
    func finish() async

    /// Closes the connection.
    func close(_ reason: LinkClosing) async
}

extension Link {
    /// The upstream form.
    public var headerForm: HeaderForm { .upstream }
}

/// Why we close a link; a transport that can tells the peer.
public enum LinkClosing: Hashable, Sendable {
    /// The conversation is over and the peer need not come back (Primus: preceded by
    /// `primus::server::close`).
    case finished
    /// The peer broke the protocol, or timed out; it may dial again.
    case fault(String)
    /// This process shuts down; the peer shall dial again later.
    case shutdown
}

/// A way to reach one peer: dials again and again through ``Swarm``.
public protocol Transport: Sendable {
    /// Where this dials, for people and logs, e.g. `ws://127.0.0.1:3000/ws`.
    var name: String { get }

    /// Dials once.
    ///
    /// - Throws: ``LinkError`` when the peer cannot be reached.
    func connect() async throws -> any Link
}

/// Accepts links from peers that dial us.
public protocol LinkListener: Sendable {
    /// The bound address, `host:port`.
    var address: String { get }

    /// The next accepted link; `nil` once the listener was closed.
    func accept() async -> (any Link)?

    /// Stops accepting; links that were accepted live on.
    func close() async
}

/// What went wrong on a link or while dialling.
public struct LinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; open, so that a transport author may add one.
    public struct Code: Hashable, Sendable {
        private let name: String
        /// Makes a code of a transport's own.
        public init(_ name: String) { self.name = name }
        /// Nobody answers at that address.
        public static let unreachable = Code("unreachable")
        /// The connection ended without the end of the peer's half.
        public static let lost = Code("lost")
        /// The peer sent a line or frame above the bound.
        public static let lineTooLong = Code("lineTooLong")
        /// The peer broke the rules of the transport (HTTP, WebSocket, Primus).
        public static let badFraming = Code("badFraming")
        /// Nothing arrived for too long.
        public static let timedOut = Code("timedOut")
        /// We closed it ourselves.
        public static let closed = Code("closed")
        /// The address cannot be dialled or bound as written.
        public static let badAddress = Code("badAddress")
        /// The port to listen on is taken.
        public static let addressInUse = Code("addressInUse")
        /// The server said that this client shall not come back (`primus::server::close`).
        public static let dismissed = Code("dismissed")
    }

    /// What kind of failure it was.
    public let code: Code
    /// One sentence for people: the thing, the likely cause, the next step.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
