// SPDX-License-Identifier: MIT

/// Why some bytes are not a JSON value that we take, and where.
public struct JSONFailure: Error, Hashable, Sendable {
    /// The kind of a failure.
    public struct Code: Hashable, Sendable {
        private enum Value: UInt8 {
            case unexpectedEnd, unexpectedByte, invalidNumber, invalidLiteral, invalidEscape
            case controlCharacter, invalidUTF8, tooDeep, stringTooLong, tooManyElements
        }

        private let value: Value

        /// The bytes end inside of a value.
        public static let unexpectedEnd = Code(value: .unexpectedEnd)
        /// A byte that cannot stand here.
        public static let unexpectedByte = Code(value: .unexpectedByte)
        /// A number that does not follow the grammar, such as `01` or `1.`.
        public static let invalidNumber = Code(value: .invalidNumber)
        /// Something other than `true`, `false` and `null`.
        public static let invalidLiteral = Code(value: .invalidLiteral)
        /// A backslash in a string with something unknown behind it.
        public static let invalidEscape = Code(value: .invalidEscape)
        /// A raw control character (below U+0020) in a string.
        public static let controlCharacter = Code(value: .controlCharacter)
        /// A string that is not UTF-8: overlong, a surrogate, or above U+10FFFF.
        public static let invalidUTF8 = Code(value: .invalidUTF8)
        /// More nested arrays and objects than ``JSONBounds/depth``.
        public static let tooDeep = Code(value: .tooDeep)
        /// A string literal of more bytes than ``JSONBounds/stringByteCount``.
        public static let stringTooLong = Code(value: .stringTooLong)
        /// More elements and members in all than ``JSONBounds/elementCount``.
        public static let tooManyElements = Code(value: .tooManyElements)
    }

    /// What is wrong.
    public let code: Code
    /// Where: an index into the bytes that were scanned.
    public let offset: Int

    /// Makes a failure of its two parts.
    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// A sentence for people.
    public var text: String { "\(code.text) at byte \(offset)" }
}

extension JSONFailure.Code {
    /// The failure in words.
    public var text: String {
        switch value {
        case .unexpectedEnd: "the JSON ends in the middle of a value"
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

/// The bounds of one JSON value; exceeding one refuses the value, not the line it stands in.
public struct JSONBounds: Hashable, Sendable {
    /// The most arrays and objects inside each other; default 256, and `[]` has depth 1.
    public var depth: Int
    /// The most bytes of one string literal between its quotes; default 10,485,760, as a whole
    /// line.
    public var stringByteCount: Int
    /// The most elements and members of all arrays and objects together; default 2^20.
    public var elementCount: Int

    /// Makes bounds; each has the default that its property names.
    public init(
        depth: Int = 256, stringByteCount: Int = 10_485_760, elementCount: Int = 1 << 20
    ) {
        self.depth = depth
        self.stringByteCount = stringByteCount
        self.elementCount = elementCount
    }
}
