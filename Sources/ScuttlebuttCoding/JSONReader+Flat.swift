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
        /// Whether the root is an action at all.
        var isEntered = false
        /// The members of the root, once somebody asked for one.
        var members = MemberTable.none
        /// Where the texts of `type` and `payload` stand.
        var type: ValueRange?
        var payload: ValueRange?
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
        flat = FlatReading(isEntered: true)
        findFlatMembers()
        do {
            return try decode(type, at: root)
        } catch is UnknownActionType {
            return nil
        } catch {
            if flat.unknownType != nil { return nil }
            if flat.hasGivenType, case DecodingError.dataCorrupted = error { return nil }
            throw error
        }
    }

    /// Where the text of `type` stands.
    func flatType() throws -> ValueRange {
        guard byte(root) == 0x7B else { throw mismatch([String: Any].self, at: root) }
        flat.hasGivenType = true
        guard let range = flat.type else {
            throw DecodingError.keyNotFound(
                JSONKey(stringValue: "type"),
                .init(codingPath: [], debugDescription: "an action must have a type"))
        }
        return range
    }

    /// The members of the root, for types that ask for them by name.
    func flatMembers() -> MemberTable {
        if flat.members.head < 0 { flat.members = index(root) }
        return flat.members
    }

    /// The case that `type` names, or nothing.
    func flatKeys<Key: CodingKey>(_ type: Key.Type) -> [Key] {
        guard let range = flat.type, let name = try? string(at: range) else { return [] }
        flat.hasGivenKeys = true
        guard let key = Key(stringValue: name) else {
            flat.unknownType = name
            return []
        }
        return [key]
    }

    /// The associated values of the case that `type` named; an absent payload has none.
    func flatPayload<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedReader<Key> {
        guard let range = flat.payload else {
            let end = ValueRange(start: root.start, end: root.start)
            return KeyedReader(self, at: end, table: .none, role: .flatPayload)
        }
        // With at most one key to come, an index would cost more than it saves.
        let isIndexed = byte(range) == 0x7B && MemoryLayout<Key>.size > 0
        return KeyedReader(
            self, at: range, table: isIndexed ? index(range) : .none, role: .flatPayload)
    }

    /// The value of a key of an object that has no index; of several the last.
    func onlyMember(_ key: String, of range: ValueRange) -> ValueRange? {
        guard byte(range) == 0x7B else { return nil }
        var key = key
        return key.withUTF8 { key -> ValueRange? in
            bytes.withUnsafeBufferPointer { buffer -> ValueRange? in
                var found: ValueRange?
                var members = JSONMembers(buffer, at: range.start)
                while let member = members?.next() {
                    let literal = member.key.lowerBound + 1..<member.key.upperBound - 1
                    var isEqual = literal.count == key.count
                    var index = 0
                    while isEqual, index < key.count {
                        isEqual = buffer[literal.lowerBound + index] == key[index]
                        index += 1
                    }
                    if !isEqual, literal.count > key.count, buffer[literal].contains(0x5C) {
                        let text = try? JSONString.decoded(
                            buffer, at: member.key.lowerBound, loneSurrogates: .generalised)
                        isEqual = text?.elementsEqual(key) ?? false
                    }
                    if isEqual { found = ValueRange(member) }
                }
                return found
            }
        }
    }

    /// Finds `type` and `payload` of the root; of several the last.
    private func findFlatMembers() {
        let root = root
        let found = bytes.withUnsafeBufferPointer { buffer in
            var type: JSONMembers.Member?
            var payload: JSONMembers.Member?
            var members = JSONMembers(buffer, at: root.start)
            while let member = members?.next() {
                if JSONMembers.key(member.key, in: buffer, is: "type") {
                    type = member
                } else if JSONMembers.key(member.key, in: buffer, is: "payload") {
                    payload = member
                }
            }
            return (type, payload)
        }
        flat.type = found.0.map(ValueRange.init)
        flat.payload = found.1.map(ValueRange.init)
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
