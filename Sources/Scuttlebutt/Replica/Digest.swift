// SPDX-License-Identifier: MIT

/// What a peer tells it has; the wire calls it header.
public struct Digest: Hashable, Sendable {
    /// The sender's source, where it gave one that is a string.
    public let source: Source?
    /// The newest timestamp that the sender has of each source.
    public let clock: VersionVector
    /// Whatever JSON value the sender's application put in.
    public let meta: Payload?

    /// Makes a digest.
    public init(source: Source?, clock: VersionVector, meta: Payload? = nil) {
        self.source = source
        self.clock = clock
        self.meta = meta
    }
}

/// One line of the classic wire.
public enum Message: Hashable, Sendable {
    /// What the sender has.
    case digest(Digest)
    /// One update.
    case update(Update)
    /// "I have sent you all the history you lacked."
    case sync
}
