// SPDX-License-Identifier: MIT

/// Why a session was ended for the peer's fault.
public struct SessionError: Error, Hashable, Sendable {
    /// The kind of fault.
    public struct Code: Hashable, Sendable {
        private enum Value: Sendable {
            case notJSON, digestWithoutClock, tooManySources, tooManyPending, verifierFailed
            case sizeLimit
        }
        private let value: Value
        /// A line is not one JSON value.
        public static let notJSON = Code(value: .notJSON)
        /// A header carries no clock, or one that JavaScript calls false.
        public static let digestWithoutClock = Code(value: .digestWithoutClock)
        /// A header names more sources than we accept.
        public static let tooManySources = Code(value: .tooManySources)
        /// More updates of the peer wait for verification than we hold.
        public static let tooManyPending = Code(value: .tooManyPending)
        /// The verifier failed on an update of the peer; it is asked for again on the next session.
        public static let verifierFailed = Code(value: .verifierFailed)
        /// The replica is as large as it may be; see ``Replica/sizeLimit``.
        public static let sizeLimit = Code(value: .sizeLimit)
    }

    /// What kind of fault it was.
    public let code: Code
    /// One sentence for people.
    public let message: String

    /// Makes an error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Why one update was refused while its connection was kept.
///
/// A refused update is not applied, not relayed, and leaves its source's clock where it was.
public struct Refusal: Hashable, Sendable {
    /// The rule that the update broke.
    public enum Reason: Hashable, Sendable {
        /// It is not `[value, number, string, …]`.
        case shape
        /// The timestamp is not finite, not positive, or above `Timestamp.maximum`.
        case timestamp
        /// The source cannot be a source on this wire.
        case source
        /// The value does not fit the replicated type (for actions: not an object, no type, bad
        /// meta).
        case value
        /// The value nests deeper than accepted.
        case depth
        /// The policy said no, or its verifier failed.
        case policy
        /// An unknown update in our own name above the clock ceiling.
        case forgedOwn
        /// It was refused before.
        case remembered
    }

    /// The rule.
    public let reason: Reason
    /// One sentence for people.
    public let message: String
    /// The update's stamp, where it could be read.
    public let stamp: Stamp?

    /// Makes a refusal.
    public init(_ reason: Reason, _ message: String, stamp: Stamp? = nil) {
        self.reason = reason
        self.message = message
        self.stamp = stamp
    }
}
