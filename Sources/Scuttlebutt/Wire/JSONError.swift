// SPDX-License-Identifier: MIT

/// An error in JSON or a violation of its bounds, with its position.
public struct JSONError: Error, Hashable, Sendable {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private enum Value: UInt8 {
            case unexpectedEnd, unexpectedByte, invalidNumber, invalidLiteral, invalidEscape
            case controlCharacter, invalidUTF8, tooDeep, stringTooLong, tooManyElements
        }

        private let value: Value

        /// The bytes end within a value.
        public static let unexpectedEnd = Code(value: .unexpectedEnd)
        /// A byte that is not allowed at this position.
        public static let unexpectedByte = Code(value: .unexpectedByte)
        /// A number that does not follow the grammar, such as `01` or `1.`.
        public static let invalidNumber = Code(value: .invalidNumber)
        /// A literal other than `true`, `false` and `null`.
        public static let invalidLiteral = Code(value: .invalidLiteral)
        /// An unknown escape in a string.
        public static let invalidEscape = Code(value: .invalidEscape)
        /// A raw control character (below U+0020) in a string.
        public static let controlCharacter = Code(value: .controlCharacter)
        /// A string that is not UTF-8: an overlong form, a surrogate, or above U+10FFFF.
        public static let invalidUTF8 = Code(value: .invalidUTF8)
        /// More nested arrays and objects than ``JSONBounds/depth``.
        public static let tooDeep = Code(value: .tooDeep)
        /// A string literal with more bytes than ``JSONBounds/stringByteCount``.
        public static let stringTooLong = Code(value: .stringTooLong)
        /// More elements and members in total than ``JSONBounds/elementCount``.
        public static let tooManyElements = Code(value: .tooManyElements)
    }

    /// The kind of error.
    public let code: Code
    /// The position as an index into the scanned bytes.
    public let offset: Int

    /// Creates an error.
    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// A message for people.
    public var text: String { Wording.text(code.text, "\(code.text) at byte \(offset)") }
}

extension JSONError.Code {
    /// The kind of error as text.
    public var text: String {
        switch value {
        case .unexpectedEnd: "unexpected end of JSON"
        case .unexpectedByte: "unexpected byte in JSON"
        case .invalidNumber: "malformed JSON number"
        case .invalidLiteral: "unknown JSON literal"
        case .invalidEscape: "unknown escape in a JSON string"
        case .controlCharacter: "raw control character in a JSON string"
        case .invalidUTF8: "invalid UTF-8 in a JSON string"
        case .tooDeep: "JSON nested too deeply"
        case .stringTooLong: "JSON string too long"
        case .tooManyElements: "too many elements in a JSON value"
        }
    }
}
