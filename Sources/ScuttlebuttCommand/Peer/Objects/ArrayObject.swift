// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

/// `peer array`.
enum ArrayObject: PeerObject {
    static let usage = [
        "push JSON", "unshift JSON", "pop", "shift", "splice INDEX COUNT JSON…", "unset SORTKEY",
        "keys",
    ]

    static func empty(for source: Source) -> ReplicatedArray<JSONText> {
        ReplicatedArray(source: source)
    }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedArray<JSONText>>? {
        try command(word, &arguments) { value throws(PeerRequestError) in value }
    }

    /// Parses the commands of an array whose elements are converted from JSON.
    static func command<Element: Codable & Sendable>(
        _ word: String, _ arguments: inout PeerArguments,
        _ element: (JSONText) throws(PeerRequestError) -> Element
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedArray<Element>>? {
        switch word {
        case "push":
            let value = try element(try arguments.value("the element"))
            return .write { try $0.makePush(value) }
        case "unshift":
            let value = try element(try arguments.value("the element"))
            return .write { try $0.makeUnshift(value) }
        case "pop": return .write { $0.makePop() }
        case "shift": return .write { $0.makeShift() }
        case "splice":
            let index = try arguments.integer("the index")
            let count = try arguments.integer("the count")
            var values: [Element] = []
            for value in try arguments.values("an element") { values.append(try element(value)) }
            return .write { [values] in
                // A negative index counts from the end, as in JavaScript.
                let start = index < 0 ? max(0, $0.count &+ index) : index
                return try $0.makeSplice(at: start, removing: count, inserting: values)
            }
        case "unset":
            let key = try arguments.key("the sort key")
            return .write { $0.makeUnset(key) }
        case "keys":
            return .read { Answer.value("keys", $0.keys) }
        default: return nil
        }
    }
}
