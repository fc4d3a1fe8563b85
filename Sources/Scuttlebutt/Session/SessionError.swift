// SPDX-License-Identifier: MIT

/// The reason why a session ended through a fault, nearly always of the peer.
public struct SessionError: Error, Hashable, Sendable {
    /// The kind of fault.
    public struct Code: Hashable, Sendable {
        private enum Value: Sendable {
            case notJSON, digestWithoutClock, tooManySources, tooManyPending, verifierFailed
            case sizeLimit, storageFailed
        }
        private let value: Value
        /// A line is not one JSON value.
        public static let notJSON = Code(value: .notJSON)
        /// A header has no clock, or a falsy one in the sense of JavaScript.
        public static let digestWithoutClock = Code(value: .digestWithoutClock)
        /// A header names more sources than we accept.
        public static let tooManySources = Code(value: .tooManySources)
        /// More updates of the peer await verification than we keep.
        public static let tooManyPending = Code(value: .tooManyPending)
        /// The verifier failed on an update of the peer; the next session asks for it again.
        public static let verifierFailed = Code(value: .verifierFailed)
        /// The replica has reached its size limit; see ``Replica/sizeLimit``.
        public static let sizeLimit = Code(value: .sizeLimit)
        /// Our storage failed to return a part of the log that the peer needs.
        public static let storageFailed = Code(value: .storageFailed)
    }

    /// The kind of fault.
    public let code: Code
    /// A description for people, in one sentence.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
