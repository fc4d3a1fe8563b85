// SPDX-License-Identifier: MIT

/// Whether a validated JSON value has the shape of a Redux action.
///
/// Values of any other shape crash redux-scuttlebutt's server, so they are refused and never
/// relayed (quirk Q16).
public enum ActionShape: Hashable, Sendable {
    /// An action whose `type` is valid UTF-8 and not empty.
    case action(type: [UInt8])
    /// A value that must not be sent to any peer.
    case refused(ShapeError)

    /// The reason a value is not an action.
    public struct ShapeError: Error, Hashable, Sendable {
        private enum Value: UInt8 {
            case notAnObject, typeMissing, typeNotAString, typeEmpty, metaNotAnObject
        }

        private let value: Value

        /// The value is not an object.
        public static let notAnObject = ShapeError(value: .notAnObject)
        /// There is no `type`.
        public static let typeMissing = ShapeError(value: .typeMissing)
        /// The `type` is not a string.
        public static let typeNotAString = ShapeError(value: .typeNotAString)
        /// The `type` is the empty string.
        public static let typeEmpty = ShapeError(value: .typeEmpty)
        /// There is a `meta`, and it is not an object.
        public static let metaNotAnObject = ShapeError(value: .metaNotAnObject)

        /// The reason as text.
        public var text: String {
            switch value {
            case .notAnObject: "an action must be an object"
            case .typeMissing: "an action must have a type"
            case .typeNotAString: "the type of an action must be a string"
            case .typeEmpty: "the type of an action must not be empty"
            case .metaNotAnObject: "the meta of an action must be an object"
            }
        }
    }

    /// Returns whether actions of this type stay with the peer that dispatched them, because it
    /// begins with `@`.
    public static func isLocal(_ type: [UInt8]) -> Bool { type.first == 0x40 }

    /// Inspects a value that ``JSONScanner`` has validated.
    ///
    /// As in JavaScript, keys are compared after unescaping, and the last of equal keys counts.
    ///
    /// - Complexity: O(n), where n is the length of the value; allocates only the type.
    public static func inspect(_ payload: [UInt8]) -> ActionShape {
        payload.withUnsafeBufferPointer { inspect($0) }
    }

    /// Inspects a value that ``JSONScanner`` has validated.
    public static func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> ActionShape {
        do throws(ShapeError) {
            let literal = try typeLiteral(bytes)
            guard let text = try? JSONString.decoded(bytes, at: literal.lowerBound) else {
                throw ShapeError.typeNotAString
            }
            return .action(type: text)
        } catch {
            return .refused(error)
        }
    }

    /// Returns whether a validated value is an action whose type makes it local; allocates nothing.
    ///
    /// - Throws: The reason the value is not an action.
    public static func isLocalAction(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(ShapeError) -> Bool {
        let literal = try typeLiteral(bytes)
        let first = bytes[literal.lowerBound + 1]
        guard first == Ascii.backslash else { return first == 0x40 }
        guard let text = try? JSONString.decoded(bytes, at: literal.lowerBound) else {
            throw .typeNotAString
        }
        return isLocal(text)
    }

    /// Returns the range of the literal of `type`, including its quotes.
    private static func typeLiteral(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(ShapeError) -> Range<Int> {
        guard var members = JSONMembers(bytes) else { throw .notAnObject }
        var type: Range<Int>?
        var meta: Range<Int>?
        while let member = members.next() {
            if JSONMembers.key(member.key, in: bytes, is: "type") {
                type = member.value
            } else if JSONMembers.key(member.key, in: bytes, is: "meta") {
                meta = member.value
            }
        }
        guard let type else { throw .typeMissing }
        guard bytes[type.lowerBound] == Ascii.quote else { throw .typeNotAString }
        if type.count <= 2 { throw .typeEmpty }
        if let meta, bytes[meta.lowerBound] != Ascii.leftBrace { throw .metaNotAnObject }
        return type
    }
}
