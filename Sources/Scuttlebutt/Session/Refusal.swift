// SPDX-License-Identifier: MIT

/// The reason why an update was refused, while its connection stays open.
///
/// A refused update is neither applied nor relayed, and does not advance its source in the version
/// vector.
public struct Refusal: Hashable, Sendable {
    /// The rule that the update broke.
    public enum Reason: Hashable, Sendable {
        /// It is not `[value, number, string, …]`.
        case shape
        /// The timestamp is not finite, not positive, or above `Timestamp.maximum`.
        case timestamp
        /// The source is not valid on this wire.
        case source
        /// The value does not suit the replicated type (for actions: not an object, no type, or a
        /// malformed meta).
        case value
        /// The value nests too deeply.
        case depth
        /// The policy or its verifier refused it.
        case policy
        /// It is an unknown update in our own name above the clock ceiling.
        case forgedOwn
        /// It was refused before.
        case remembered
        /// It is no update, but news of who is here that is not as it must be, or too much of it.
        case presence
    }

    /// The rule that the update broke.
    public let reason: Reason
    /// A description for people, in one sentence.
    public let message: String
    /// The stamp of the update, if it could be read.
    public let stamp: Stamp?

    /// Creates a refusal.
    public init(_ reason: Reason, _ message: String, stamp: Stamp? = nil) {
        self.reason = reason
        self.message = message
        self.stamp = stamp
    }
}
