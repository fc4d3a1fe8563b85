// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The reason why an action was refused before it changed anything, or why the store cannot
/// continue.
public struct GossipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of reason; new kinds may be added.
    public struct Code: Hashable, Sendable {
        private let name: String
        private init(_ name: String) { self.name = name }
        /// The action could not be encoded.
        public static let notEncodable = Code("notEncodable")
        /// The encoded action is not an object with a non-empty string `type` and, if any, an
        /// object as `meta`.
        public static let notAnAction = Code("notAnAction")
        /// The encoded action is larger or deeper than peers accept.
        public static let tooLarge = Code("tooLarge")
        /// The signer refused or failed.
        public static let notSigned = Code("notSigned")
        /// The store was closed.
        public static let closed = Code("closed")
        /// A reducer dispatched an action.
        public static let dispatchInReducer = Code("dispatchInReducer")
    }

    /// The kind of reason.
    public let code: Code
    /// A description for people, in one sentence.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension GossipError {
    /// The codec failed.
    @usableFromInline
    static func notEncodable(_ error: any Error) -> GossipError {
        GossipError(.notEncodable, "the action cannot be encoded: \(error)")
    }

    /// The log refused the action.
    init(_ error: ReplicaError) {
        let code: Code =
            switch error.code {
            case .notJSON: .notEncodable
            case .tooLarge: .tooLarge
            case .notAnAction: .notAnAction
            default: .closed
            }
        self.init(code, error.message)
    }
}
