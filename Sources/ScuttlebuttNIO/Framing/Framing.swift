// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// Converts between a connection's bytes and lines, as a state machine without I/O.
///
/// The handler passes in what happened and when; the framing reports the results in ``Arrivals``.
/// It never traps on a peer's input and holds at most one incomplete line or message.
protocol Framing {
    /// Whether each direction can be closed separately, as in TCP.
    var supportsHalfClosure: Bool { get }
    /// Whether ``tick(now:isReading:into:)`` ends a connection whose other end has gone silent.
    var detectsSilence: Bool { get }
    /// When ``tick(now:isReading:into:)`` must be called next, or `nil` if it need not be.
    var deadline: NIODeadline? { get }
    /// Called when the connection is ready to carry lines.
    mutating func opened(now: NIODeadline)
    /// Called when bytes have arrived.
    ///
    /// - Returns: How many of them were taken. A framing that gets more out of its input than went
    ///   in leaves the rest for later once there is much; it is passed in again.
    @discardableResult
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, now: NIODeadline, into arrivals: inout Arrivals
    ) -> Int
    /// Called when the peer will send nothing more.
    mutating func inputEnded(into arrivals: inout Arrivals)
    /// Called when ``deadline`` may have passed.
    ///
    /// - Parameter isReading: False if nothing was read because the inbox was full, in which case
    ///   the peer's silence means nothing.
    mutating func tick(now: NIODeadline, isReading: Bool, into arrivals: inout Arrivals)
    /// Returns the last bytes to send before closing, or an empty buffer if the protocol has none.
    mutating func closingBytes(_ reason: LinkClosing) -> ByteBuffer
}

/// The results of one piece of input.
struct Arrivals {
    /// How the peer's half, or the connection, ended.
    enum End {
        /// The peer closed its half in an orderly way.
        case ended
        /// The connection can no longer be used.
        case failed(LinkError)
    }

    /// Complete lines, in order.
    var lines = InboundLines()
    /// Bytes to send back immediately, such as a pong or the answer to a close frame.
    var reply = ByteBuffer()
    /// How the input ended.
    ///
    /// Once set, further input is ignored.
    var end: End?
    /// Whether to close the connection after the reply.
    var closes = false
    /// Whether the peer may be in the middle of sending, so that it is heard out when we close.
    var drains = false
}

/// Encodes lines for a transport.
///
/// Called outside the event loop.
typealias LineEncoder = @Sendable (OutboundLines) -> EncodedLines
