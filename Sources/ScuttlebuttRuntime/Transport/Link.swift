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

    /// Whether the transport itself finds out that the other end has gone silent, and then fails
    /// the link. A link around another one passes its answer on.
    ///
    /// If false, the session sends probes, which are lines; see ``SilenceWatch``.
    var detectsSilence: Bool { get }

    /// How many bytes have arrived, as far as the transport tells; by default 0.
    ///
    /// A long line that takes its time is no silence. Needed if ``detectsSilence`` is false.
    var receivedByteCount: Int { get }

    /// What has been compressed of what was sent; by default nothing. A link around another one
    /// passes its count on.
    var compressedByteCount: CompressedByteCount { get }

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

    /// The transport does not tell.
    public var receivedByteCount: Int { 0 }

    /// Nothing was compressed.
    public var compressedByteCount: CompressedByteCount { CompressedByteCount() }
}
