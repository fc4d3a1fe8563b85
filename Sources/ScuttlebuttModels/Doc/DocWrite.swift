// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The contents of a document's update: `[rowId, {key: value, …}]`, or `[rowId, null]`.
struct DocWrite {
    enum Content {
        case removal
        /// The keys without repetitions: the last of several equal keys counts, as in JavaScript.
        case members([(key: PropertyKey, value: Range<Int>)])
    }

    private static let fewest = 16
    private static let notAnArray = MalformedUpdateError(
        "a document's update must be an array of a row's id and its keys")
    private static let noRow = MalformedUpdateError("a row's id must be a string")
    private static let noMembers = MalformedUpdateError(
        "a row's keys must be an object, or null to remove the row")

    let id: PropertyKey
    let content: Content

    /// Reads a payload, or explains why it does not fit.
    static func read(_ payload: Payload) throws(MalformedUpdateError) -> DocWrite {
        try payload.withUnsafeBufferPointer { bytes throws(MalformedUpdateError) in
            guard var elements = JSONElements(bytes) else { throw notAnArray }
            guard let name = elements.next(), let id = PropertyKey(name, in: bytes) else {
                throw noRow
            }
            // Like the originals, this ignores further elements.
            guard let content = elements.next() else { throw noMembers }
            if ValueCoding.isNull(bytes[content]) {
                return DocWrite(id: id, content: .removal)
            }
            guard var walk = JSONMembers(bytes, at: content.lowerBound) else {
                throw noMembers
            }
            var members: [(key: PropertyKey, value: Range<Int>)] = []
            var places: [PropertyKey: Int] = [:]
            while let member = walk.next() {
                guard let key = PropertyKey(member.key, in: bytes) else {
                    throw noMembers
                }
                // Comparing a few keys is faster than hashing them.
                if members.count == fewest {
                    for (place, member) in members.enumerated() { places[member.key] = place }
                }
                let known =
                    members.count < fewest
                    ? members.firstIndex { $0.key == key } : places[key]
                if let known {
                    members[known].value = member.value
                    continue
                }
                members.append((key, member.value))
                if members.count > fewest { places[key] = members.count - 1 }
            }
            return DocWrite(id: id, content: .members(members))
        }
    }

    /// The payload that sets keys of a row, in the given order.
    static func payload(
        _ id: PropertyKey, _ members: [(key: PropertyKey, value: Payload)]
    ) -> Payload {
        var output: [UInt8] = [UInt8(ascii: "[")]
        id.append(to: &output)
        output.append(UInt8(ascii: ","))
        var writer = ObjectWriter()
        for member in members {
            writer.begin(member.key, in: &output)
            output.append(contentsOf: member.value)
        }
        writer.end(in: &output)
        output.append(UInt8(ascii: "]"))
        return output
    }
}
