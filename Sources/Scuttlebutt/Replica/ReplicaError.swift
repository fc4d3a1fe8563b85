// SPDX-License-Identifier: MIT

/// Why an own write was refused, by a replica or by the store or driver around it; nothing has
/// changed.
public struct ReplicaError: Error, Hashable, Sendable {
    /// The kind of reason; new kinds may be added.
    public struct Code: Hashable, Sendable {
        private enum Value: UInt8 {
            case notJSON, tooLarge, notAnAction, refused, sizeLimit, noTimestampLeft, closed
            case notEncodable, notSigned, dispatchInReducer, sourceUnsettled
        }
        private let value: Value
        /// The payload is not one JSON value, or contains a line break.
        public static let notJSON = Code(value: .notJSON)
        /// The payload is longer, deeper or has more elements than peers accept.
        public static let tooLarge = Code(value: .tooLarge)
        /// The payload is not an object with a non-empty string `type` and, if any, an object as
        /// `meta`, which is what actions are.
        public static let notAnAction = Code(value: .notAnAction)
        /// The payload does not fit the replicated type.
        public static let refused = Code(value: .refused)
        /// The replica would hold more bytes than its limit allows.
        public static let sizeLimit = Code(value: .sizeLimit)
        /// The source has used up its timestamps, which takes 2^52 own updates.
        public static let noTimestampLeft = Code(value: .noTimestampLeft)
        /// The replica was shut down.
        public static let closed = Code(value: .closed)
        /// The codec of a store could not encode the action.
        public static let notEncodable = Code(value: .notEncodable)
        /// The signer refused or failed.
        public static let notSigned = Code(value: .notSigned)
        /// The source may have written before, and no peer has said yet what; see
        /// ``ReplicaConfiguration/mayHaveWritten``.
        public static let sourceUnsettled = Code(value: .sourceUnsettled)
        /// A reducer dispatched an action.
        public static let dispatchInReducer = Code(value: .dispatchInReducer)
    }

    /// The kind of reason.
    public let code: Code
    /// One sentence for people.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ReplicaError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
