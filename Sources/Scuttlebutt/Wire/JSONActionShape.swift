// SPDX-License-Identifier: MIT

/// What a validated JSON value looks like to a redux peer.
///
/// Values of any other shape kill the process of an original redux-scuttlebutt server, so they are
/// refused and never relayed (quirk Q16).
public enum ActionShape: Hashable, Sendable {
    /// An action; `type` is valid UTF-8 and not empty.
    case action(type: [UInt8])
    /// Something that no peer may get.
    case refused(Refusal)

    /// Why a value is no action.
    public struct Refusal: Error, Hashable, Sendable {
        private enum Value: UInt8 {
            case notAnObject, typeMissing, typeNotAString, typeEmpty, metaNotAnObject
        }

        private let value: Value

        /// The value is not an object.
        public static let notAnObject = Refusal(value: .notAnObject)
        /// There is no `type`.
        public static let typeMissing = Refusal(value: .typeMissing)
        /// The `type` is not a string.
        public static let typeNotAString = Refusal(value: .typeNotAString)
        /// The `type` is the empty string.
        public static let typeEmpty = Refusal(value: .typeEmpty)
        /// There is a `meta`, and it is not an object.
        public static let metaNotAnObject = Refusal(value: .metaNotAnObject)

        /// The reason in words.
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

    /// Whether actions of this type stay with the peer that dispatched them: it begins with `@`.
    public static func isLocal(_ type: [UInt8]) -> Bool { type.first == 0x40 }

    /// Looks at a value that ``JSONScanner`` has validated.
    ///
    /// Keys are compared after unescaping, and of equal keys the last one counts, as in JavaScript.
    ///
    /// - Complexity: O(*n*) in the bytes of the value; allocates only the type.
    public static func inspect(_ payload: [UInt8]) -> ActionShape {
        payload.withUnsafeBufferPointer { inspect($0) }
    }

    /// Looks at a value that ``JSONScanner`` has validated.
    public static func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> ActionShape {
        do throws(Refusal) {
            let literal = try typeLiteral(bytes)
            guard let text = try? JSONString.decoded(bytes, at: literal.lowerBound) else {
                throw Refusal.typeNotAString
            }
            return .action(type: text)
        } catch {
            return .refused(error)
        }
    }

    /// Whether a validated value is an action that stays local by its name; allocates nothing.
    ///
    /// - Throws: Why the value is no action.
    public static func isLocalAction(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(Refusal) -> Bool {
        let literal = try typeLiteral(bytes)
        let first = bytes[literal.lowerBound + 1]
        guard first == Ascii.backslash else { return first == 0x40 }
        guard let text = try? JSONString.decoded(bytes, at: literal.lowerBound) else {
            throw .typeNotAString
        }
        return isLocal(text)
    }

    /// Where the literal of `type` stands, quotes included.
    private static func typeLiteral(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(Refusal) -> Range<Int> {
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
