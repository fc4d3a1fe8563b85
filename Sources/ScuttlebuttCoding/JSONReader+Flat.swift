// SPDX-License-Identifier: MIT

import Scuttlebutt

extension JSONReader {
    /// How far an action in its flat form has been read.
    ///
    /// The compiler's `Codable` for enumerations asks for the keys of an object, expects one (the
    /// case), and then for an object below it (the associated values). Here the one key is the
    /// text of `type`, and what is below it is `payload`. Types that ask for members by name
    /// instead see the action as it is.
    struct FlatReading {
        /// Whether `type` was given out as the only key.
        var hasGivenKeys = false
        /// The type that the enumeration does not have.
        var unknownType: String?
        /// Whether `type` was given out as a plain string, to an enumeration of raw values.
        var hasGivenType = false
    }

    /// Decodes an action from its flat form.
    ///
    /// - Returns: `nil` when `type` names no case.
    func decodeFlat<T: Decodable>(_ type: T.Type) throws -> T? {
        flat = FlatReading()
        do {
            return try decode(type, at: root)
        } catch is UnknownActionType {
            return nil
        } catch {
            if flat?.unknownType != nil { return nil }
            if flat?.hasGivenType == true, case DecodingError.dataCorrupted = error { return nil }
            throw error
        }
    }

    /// Where the text of `type` stands.
    func flatType() throws -> ValueRange {
        guard byte(root) == 0x7B else { throw mismatch([String: Any].self, at: root) }
        flat?.hasGivenType = true
        guard let range = lastMember("type") else {
            throw DecodingError.keyNotFound(
                JSONKey(stringValue: "type"),
                .init(codingPath: [], debugDescription: "an action must have a type"))
        }
        return range
    }

    /// The case that `type` names, or nothing.
    func flatKeys<Key: CodingKey>(_ type: Key.Type) -> [Key] {
        guard let range = lastMember("type"), let name = try? string(at: range) else { return [] }
        flat?.hasGivenKeys = true
        guard let key = Key(stringValue: name) else {
            flat?.unknownType = name
            return []
        }
        return [key]
    }

    /// The associated values of the case that `type` named; an absent payload has none.
    func flatPayload<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedReader<Key> {
        let none = MemberTable(head: -1, count: 0)
        guard let range = lastMember("payload") else {
            let end = ValueRange(start: root.start, end: root.start)
            return KeyedReader(self, at: end, table: none, role: .flatPayload)
        }
        let isObject = byte(range) == 0x7B
        return KeyedReader(
            self, at: range, table: isObject ? index(range) : none, role: .flatPayload)
    }

    /// The value of a member of the root; of several the last.
    private func lastMember(_ name: StaticString) -> ValueRange? {
        bytes.withUnsafeBufferPointer { buffer in
            guard var members = JSONMembers(buffer, at: root.start) else { return nil }
            var found: ValueRange?
            while let member = members.next() {
                guard JSONMembers.key(member.key, in: buffer, is: name) else { continue }
                found = ValueRange(start: member.value.lowerBound, end: member.value.upperBound)
            }
            return found
        }
    }
}

/// Thrown by a hand-written `init(from:)` of an action for a `type` that it does not know.
///
/// ``ActionCodec`` then answers "unknown" instead of failing.
public struct UnknownActionType: Error, Hashable, Sendable {
    /// The `type` that is not known.
    public let type: String

    /// Makes the error for one type.
    public init(_ type: String) { self.type = type }
}
