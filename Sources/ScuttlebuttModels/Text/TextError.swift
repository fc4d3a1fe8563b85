// SPDX-License-Identifier: MIT

/// Why a text rejects something.
public struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private enum Value { case damaged, tooLarge, tooManyPending, malformed }
        private let value: Value
        /// The bytes are not a complete saved text.
        public static let damaged = Code(value: .damaged)
        /// There is more than a text can hold.
        public static let tooLarge = Code(value: .tooLarge)
        /// Too many operations wait for others that have not arrived.
        public static let tooManyPending = Code(value: .tooManyPending)
        /// The operation contradicts itself.
        public static let malformed = Code(value: .malformed)
    }

    /// The kind of error.
    public let code: Code
    /// A sentence for people.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
