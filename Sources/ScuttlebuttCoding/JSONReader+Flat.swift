// SPDX-License-Identifier: MIT

import Scuttlebutt

extension JSONReader {
    /// The progress of reading an action in its flat form.
    ///
    /// Synthesised `Codable` of an enumeration asks for the keys of an object, of which it expects
    /// one (the case), and then for the object with that key (the associated values). Here, the
    /// only key is the text of `type`, and its object is `payload`. Types that ask for members by
    /// name see the action as it is.
    struct FlatReading {
        /// Whether the root is an action.
        var isEntered = false
        /// The members of the root, once they have been asked for.
        var members = MemberTable.none
        /// The ranges of `type` and `payload`.
        var type: ValueRange?
        var payload: ValueRange?
        /// Whether `type` was returned as the only key.
        var hasGivenKeys = false
        /// The type, if the enumeration does not know it.
        var unknownType: String?
        /// Whether `type` was returned as a plain string, to a raw-value enumeration.
        var hasGivenType = false
    }

    /// Decodes an action from its flat form.
    ///
    /// - Returns: `nil` if `type` does not name a case.
    func decodeFlat<T: Decodable>(_ type: T.Type) throws -> T? {
        flat = FlatReading(isEntered: true)
        findFlatMembers()
        do {
            return try decode(type, at: root)
        } catch is UnknownActionTypeError {
            return nil
        } catch {
            if flat.unknownType != nil { return nil }
            if flat.hasGivenType, case DecodingError.dataCorrupted = error { return nil }
            throw error
        }
    }

    /// Returns the range of `type`.
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

    /// Returns the members of the root, for types that ask for them by name.
    func flatMembers() -> MemberTable {
        if flat.members.head < 0 { flat.members = index(root) }
        return flat.members
    }

    /// Returns the case named by `type`, if any.
    func flatKeys<Key: CodingKey>(_ type: Key.Type) -> [Key] {
        guard let range = flat.type, let name = try? string(at: range) else { return [] }
        flat.hasGivenKeys = true
        guard let key = Key(stringValue: name) else {
            flat.unknownType = name
            return []
        }
        return [key]
    }

    /// Returns the associated values of the case named by `type`; without a payload there are none.
    func flatPayload<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedReader<Key> {
        guard let range = flat.payload else {
            let end = root.lowerBound..<root.lowerBound
            return KeyedReader(reader: self, range: end, table: .none, role: .flatPayload)
        }
        // For at most one key, an index would cost more than it saves.
        let isIndexed = byte(range) == 0x7B && MemoryLayout<Key>.size > 0
        return KeyedReader(
            reader: self, range: range, table: isIndexed ? index(range) : .none, role: .flatPayload)
    }

    /// Returns the value of a key in an object without an index; the last one if there are several.
    func onlyMember(_ key: String, of range: ValueRange) -> ValueRange? {
        guard byte(range) == 0x7B else { return nil }
        var key = key
        return key.withUTF8 { key -> ValueRange? in
            bytes.withUnsafeBufferPointer { buffer -> ValueRange? in
                var found: ValueRange?
                var members = JSONMembers(buffer, at: range.lowerBound)
                while let member = members?.next() {
                    let literal = buffer[member.key.lowerBound + 1..<member.key.upperBound - 1]
                    var isEqual = literal.elementsEqual(key)
                    if !isEqual, literal.count > key.count, literal.contains(0x5C) {
                        let text = try? JSONString.decoded(
                            buffer, at: member.key.lowerBound, loneSurrogates: .generalised)
                        isEqual = text?.elementsEqual(key) ?? false
                    }
                    if isEqual { found = member.value }
                }
                return found
            }
        }
    }

    /// Finds `type` and `payload` of the root; the last ones if there are several.
    private func findFlatMembers() {
        let root = root
        let found = bytes.withUnsafeBufferPointer { buffer in
            var type: JSONMembers.Member?
            var payload: JSONMembers.Member?
            var members = JSONMembers(buffer, at: root.lowerBound)
            while let member = members?.next() {
                if JSONMembers.key(member.key, in: buffer, is: "type") {
                    type = member
                } else if JSONMembers.key(member.key, in: buffer, is: "payload") {
                    payload = member
                }
            }
            return (type, payload)
        }
        flat.type = found.0?.value
        flat.payload = found.1?.value
    }
}
