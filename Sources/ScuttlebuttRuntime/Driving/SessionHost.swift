// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replica, as seen by the drivers of its connections.
///
/// An implementation guarantees:
/// * ``openSession(_:signal:)`` returns a new peer identifier for each connection.
/// * ``receive(_:from:decoder:)`` suspends if a peer sends faster than its updates are applied.
/// * When there is something to send to a peer, the signal of its session is raised.
public protocol SessionHost: AnyObject, Sendable {
    /// The rules for reading lines.
    var wire: ClassicWire { get }

    /// Prepares a connection before its session begins, for example by talking about something
    /// else first; the default changes nothing.
    ///
    /// - Parameters:
    ///   - link: The new connection.
    ///   - options: The options that were meant for the session.
    ///   - isDialled: Whether this side has dialled.
    /// - Returns: The link and the options of the session.
    func prepare(
        _ link: any Link, options: SessionOptions, isDialled: Bool
    ) async -> (link: any Link, options: SessionOptions)

    /// Opens a session for a new connection.
    func openSession(_ options: SessionOptions, signal: SessionSignal) -> PeerID

    /// Receives lines that arrived together.
    ///
    /// - Throws: ``/Scuttlebutt/SessionError`` if the connection must end; the lines before the
    ///   faulty one have been received.
    func receive(
        _ lines: InboundLines, from peer: PeerID, decoder: inout LineDecoder
    ) async throws

    /// Returns the next lines for a connection that has room, or `nil` if there is nothing to send
    /// now.
    func pull(_ peer: PeerID) -> PulledLines?

    /// Asks a peer for a sign of life with the next lines that are pulled for it.
    ///
    /// - Returns: Whether this peer has to say something, so that further silence means that it is
    ///   gone. The default asks nothing and returns false.
    func probe(_ peer: PeerID) -> Bool

    /// Closes a session.
    func closeSession(_ peer: PeerID)
}

extension SessionHost {
    /// Changes nothing.
    public func prepare(
        _ link: any Link, options: SessionOptions, isDialled: Bool
    ) async -> (link: any Link, options: SessionOptions) {
        (link, options)
    }

    /// Asks nothing.
    public func probe(_ peer: PeerID) -> Bool { false }
}

/// The next lines for one peer, and whether our half of the connection ends after them.
public struct PulledLines: Sendable {
    /// The lines, an object that other peers may share.
    public let lines: OutboundLines
    /// Whether these are the last lines.
    public let finishes: Bool

    /// Creates pulled lines.
    public init(_ lines: OutboundLines, finishes: Bool = false) {
        self.lines = lines
        self.finishes = finishes
    }
}
