// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// What makes lines of a connection's bytes, and the other way round: a machine without I/O.
///
/// The handler tells it what happened and when; it answers in ``Arrivals``. It never traps on what
/// a peer sent and holds at most one incomplete line or message.
protocol Framing {
    /// Whether each direction can end by itself, as in TCP.
    var hasHalves: Bool { get }
    /// When ``tick(now:into:)`` wants to be called; `nil` when no time matters.
    var deadline: NIODeadline? { get }
    /// The connection carries lines from now on.
    mutating func opened(now: NIODeadline)
    /// Bytes arrived.
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, now: NIODeadline, into arrivals: inout Arrivals)
    /// The peer will send nothing more.
    mutating func inputEnded(into arrivals: inout Arrivals)
    /// The deadline may have come. `isReading` is false when nothing was read for want of room, so
    /// that the peer's silence means nothing.
    mutating func tick(now: NIODeadline, isReading: Bool, into arrivals: inout Arrivals)
    /// The last bytes to send when we close; empty when the transport knows none.
    mutating func goodbye(_ reason: LinkClosing) -> ByteBuffer
}

/// What came out of one piece of input.
struct Arrivals {
    /// How the peer's half, or the connection, ended.
    enum End {
        /// The peer ended properly.
        case ended
        /// The connection is of no more use.
        case failed(LinkError)
    }

    /// Complete lines, in order.
    var lines = InboundLines()
    /// Bytes to send back at once (pong, answer to a close).
    var reply = ByteBuffer()
    /// Set once; nothing that follows counts.
    var end: End?
    /// Whether the connection itself is to be closed after the reply.
    var closes = false
}

/// The wire form of lines for one kind of transport, made outside the event loop.
typealias LineEncoder = @Sendable (OutboundLines) -> ByteBuffer
