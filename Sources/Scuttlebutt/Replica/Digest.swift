// SPDX-License-Identifier: MIT

/// What a peer has; on the wire, a header.
public struct Digest: Hashable, Sendable {
    /// The source of the sender, if it gave one that is a string.
    public let source: Source?
    /// The newest timestamp that the sender has from each source; on the wire, its clock.
    public let vector: VersionVector
    /// A JSON value from the sender's application.
    public let meta: Payload?

    /// Creates a digest.
    public init(source: Source?, vector: VersionVector, meta: Payload? = nil) {
        self.source = source
        self.vector = vector
        self.meta = meta
    }
}

/// One line of the classic wire.
public enum Message: Hashable, Sendable {
    /// What the sender has.
    case digest(Digest)
    /// One update.
    case update(Update)
    /// The sender has sent all the history that the receiver lacked.
    case sync
    /// The sender asks for a sign of life, and for the confirmation that everything it sent before
    /// has arrived; on the wire, `"PING"`, which the originals ignore.
    case probe
    /// The answer to a probe; on the wire, `"PONG"`.
    case probeAnswer
    /// The sender refused this update, which the receiver sent; on the wire,
    /// `"REFUSED <timestamp> <source>"`, which the originals ignore.
    case refusal(Stamp)
    /// Who is here; on the wire, `"HERE …"` or `"GONE …"`, which the originals ignore.
    case presence(PresenceNews)
}
