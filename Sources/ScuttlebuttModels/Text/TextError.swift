// SPDX-License-Identifier: MIT

/// What a text does not accept, and why.
public struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault.
    public struct Code: Hashable, Sendable {
        private enum Value { case damaged, tooLarge, tooManyPending, malformed }
        private let value: Value
        /// The bytes are no saved text, or not whole.
        public static let damaged = Code(value: .damaged)
        /// More than a text can hold.
        public static let tooLarge = Code(value: .tooLarge)
        /// Too many operations wait for others that have not come.
        public static let tooManyPending = Code(value: .tooManyPending)
        /// The operation contradicts itself.
        public static let malformed = Code(value: .malformed)
    }

    /// What kind of fault it is.
    public let code: Code
    /// One sentence for people.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
