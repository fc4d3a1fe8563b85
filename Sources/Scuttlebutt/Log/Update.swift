// SPDX-License-Identifier: MIT

/// The bytes of one JSON value, exactly as its author or the first relay wrote them.
public typealias Payload = [UInt8]

/// One entry of a log: a payload, the logical time at which it was written, and who wrote it.
public struct Update: Hashable, Sendable {
    /// One JSON value as the bytes received; never re-encoded by anyone on the way.
    public let payload: Payload
    /// When it was written, in logical time.
    public let timestamp: Timestamp
    /// Who wrote it.
    public let source: Source
    /// What followed the payload on the wire, from the first comma to the closing bracket, where
    /// that is not what we would write ourselves: a signature, further elements, an unusual number
    /// text.
    ///
    /// Kept so that the update is relayed byte for byte.
    public let tail: [UInt8]?

    /// Makes an update of its parts.
    ///
    /// - Parameters:
    ///   - payload: One JSON value; the caller vouches for its syntax.
    ///   - tail: See ``tail``; `nil` for the ordinary form.
    public init(payload: Payload, timestamp: Timestamp, source: Source, tail: [UInt8]? = nil) {
        self.payload = payload
        self.timestamp = timestamp
        self.source = source
        self.tail = tail
    }

    /// The place of this update in the agreed order, and its identity.
    public var stamp: Stamp { Stamp(timestamp: timestamp, source: source) }
}
