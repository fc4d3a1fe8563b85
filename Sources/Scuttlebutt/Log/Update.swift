// SPDX-License-Identifier: MIT

/// The bytes of one JSON value, exactly as its author or the first relay wrote them.
public typealias Payload = [UInt8]

/// One entry of a log: a payload, its logical time, and its source.
public struct Update: Hashable, Sendable {
    /// One JSON value, as the bytes received; no peer re-encodes it.
    public let payload: Payload
    /// The logical time at which it was written.
    public let timestamp: Timestamp
    /// The source that wrote it.
    public let source: Source
    /// What followed the payload on the wire, from the first comma to the closing bracket, if it
    /// differs from what we would write: a signature, further elements, or an unusual spelling of
    /// the number.
    ///
    /// It is kept so that the update can be relayed byte for byte.
    public let tail: [UInt8]?

    /// Creates an update.
    ///
    /// - Parameters:
    ///   - payload: One JSON value; the caller vouches for its syntax.
    ///   - timestamp: When it was written, in logical time.
    ///   - source: Who wrote it.
    ///   - tail: See ``tail``; `nil` for the ordinary form.
    public init(payload: Payload, timestamp: Timestamp, source: Source, tail: [UInt8]? = nil) {
        self.payload = payload
        self.timestamp = timestamp
        self.source = source
        self.tail = tail
    }

    /// The number of bytes in the payload and the tail.
    public var byteCount: Int { payload.count + (tail?.count ?? 0) }

    /// The position of this update in the agreed order, and its identity.
    public var stamp: Stamp { Stamp(timestamp: timestamp, source: source) }
}
