// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replica as the drivers of its connections see it.
///
/// What an implementor promises:
/// * One session per connection: ``openSession(_:signal:)`` hands out a peer that was never used.
/// * ``receive(_:from:decoder:)`` may suspend to slow a peer that sends faster than we apply.
/// * When a peer gets something to send, the signal it was opened with is raised.
public protocol SessionHost: AnyObject, Sendable {
    /// The rules by which lines are read.
    var wire: ClassicWire { get }

    /// Begins a session for a connection that was just opened.
    func openSession(_ options: SessionOptions, signal: SessionSignal) -> PeerID

    /// Takes the lines that arrived together.
    ///
    /// - Throws: ``Scuttlebutt/SessionError`` when the connection must end; what stood before the
    ///   faulty line has been taken.
    func receive(
        _ lines: InboundLines, from peer: PeerID, decoder: inout LineDecoder
    ) async throws

    /// The next lines for a connection that has room; `nil` when there is nothing to send now.
    func pull(_ peer: PeerID) -> PulledLines?

    /// Ends a session.
    func closeSession(_ peer: PeerID)
}

/// Lines for one peer, and whether our half of the connection ends after them.
public struct PulledLines: Sendable {
    /// The lines; other peers may get the same object.
    public let lines: OutboundLines
    /// Whether nothing follows.
    public let finishes: Bool

    /// Makes pulled lines.
    public init(_ lines: OutboundLines, finishes: Bool = false) {
        self.lines = lines
        self.finishes = finishes
    }
}
