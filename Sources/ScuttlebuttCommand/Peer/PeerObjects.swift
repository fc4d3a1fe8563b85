// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

/// `peer model`.
enum ModelObject: PeerObject {
    static let usage = ["set KEY JSON", "get KEY"]

    static func empty(for source: Source) -> ReplicatedModel<JSONText> { ReplicatedModel() }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedModel<JSONText>>? {
        switch word {
        case "set":
            let (key, value) = (try arguments.key("the key"), try arguments.value("the value"))
            return .write { try $0.makeSet(key, to: value) }
        case "get":
            let key = try arguments.key("the key")
            return .read { Answer.value("value", $0.rawValue(of: key)) }
        default: return nil
        }
    }
}

/// `peer expiry-model`.
enum ExpiryModelObject: PeerObject {
    static let usage = ModelObject.usage

    static func empty(for source: Source) -> ReplicatedExpiryModel<JSONText> {
        ReplicatedExpiryModel()
    }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedExpiryModel<JSONText>>? {
        switch word {
        case "set":
            let (key, value) = (try arguments.key("the key"), try arguments.value("the value"))
            return .write { try $0.makeSet(key, to: value) }
        case "get":
            let key = try arguments.key("the key")
            return .read { Answer.value("value", $0.rawValue(of: key)) }
        default: return nil
        }
    }
}

/// `peer events`.
enum EventsObject: PeerObject {
    static let usage = ["emit EVENT JSON"]

    static func empty(for source: Source) -> ReplicatedEvents<JSONText> { ReplicatedEvents() }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedEvents<JSONText>>? {
        guard word == "emit" else { return nil }
        let (name, data) = (try arguments.key("the event"), try arguments.value("the data"))
        return .write { try $0.makeEmit(name, data) }
    }
}

/// `peer value`.
enum ValueObject: PeerObject {
    static let usage = ["set JSON"]

    static func empty(for source: Source) -> ReplicatedValue<JSONText> { ReplicatedValue() }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedValue<JSONText>>? {
        guard word == "set" else { return nil }
        let value = try arguments.value("the value")
        return .write { try $0.makeSet(value) }
    }
}

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

/// `peer edit`: a text, and the array of its lines.
enum EditObject: PeerObject {
    static let usage = ["text \"…\""] + ArrayObject.usage

    static func empty(for source: Source) -> ReplicatedEdit { ReplicatedEdit(source: source) }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedEdit>? {
        if word == "text" {
            let text = try line(try arguments.value("the text"))
            return .write { $0.makeSet(text: text) }
        }
        switch try ArrayObject.command(word, &arguments, line) {
        case .write(let prepare): return .write { try prepare($0.lines) }
        case .read(let body): return .read { body($0.lines) }
        case nil: return nil
        }
    }

    private static func line(_ value: JSONText) throws(PeerRequestError) -> String {
        guard let text = value.string else {
            throw PeerRequestError(
                message: "the text must be a JSON string without unpaired surrogates")
        }
        return text
    }
}

/// `peer append-only`.
enum AppendOnlyObject: PeerObject {
    static let usage = ["push {json}", "remove ID"]

    static func empty(for source: Source) -> ReplicatedAppendOnly<JSONText> {
        ReplicatedAppendOnly()
    }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedAppendOnly<JSONText>>? {
        switch word {
        case "push":
            let item = try arguments.value("the item")
            guard item.isObject else {
                throw PeerRequestError(message: "the item must be a JSON object")
            }
            return .write { try $0.makePush(item) }
        case "remove":
            let key = try arguments.key("the id")
            guard let id = AppendOnlyID(key.text) else {
                throw PeerRequestError(
                    message: "the id must be SOURCE:TIMESTAMP, e.g. bob:1795234558919")
            }
            return .write { $0.makeRemove(id) }
        default: return nil
        }
    }
}

/// `peer doc`.
enum DocObject: PeerObject {
    static let usage = ["row ID {json}", "rm ID"]

    static func empty(for source: Source) -> ReplicatedDoc<JSONText> { ReplicatedDoc() }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedDoc<JSONText>>? {
        switch word {
        case "row":
            let (id, row) = (try arguments.key("the id"), try arguments.value("the row"))
            guard row.isObject else {
                throw PeerRequestError(message: "the row must be a JSON object")
            }
            return .write { try $0.makeSet(id, from: row) }
        case "rm":
            let id = try arguments.key("the id")
            return .write { $0.makeRemove(id) }
        default: return nil
        }
    }
}

/// `peer bucket`: a model, events and an array in one.
enum BucketObject: PeerObject {
    static let usage = ["part NAME COMMAND… (parts: model, events, list)"]

    static func empty(for source: Source) -> ReplicatedBucket {
        ReplicatedBucket([
            "model": ModelObject.empty(for: source), "events": EventsObject.empty(for: source),
            "list": ArrayObject.empty(for: source),
        ])
    }

    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedBucket>? {
        guard word == "part" else { return nil }
        let name = try arguments.key("the part")
        switch name.text {
        case "model": return try part(ModelObject.self, name, &arguments)
        case "events": return try part(EventsObject.self, name, &arguments)
        case "list": return try part(ArrayObject.self, name, &arguments)
        default:
            throw PeerRequestError(
                message: "unknown part '\(name.text.prefix(40))'; use one of: model, events, list"
            )
        }
    }

    private static func part<Object: PeerObject>(
        _ object: Object.Type, _ name: PropertyKey, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedBucket> {
        guard let word = arguments.word() else {
            throw PeerRequestError(message: "the part's command is missing")
        }
        if word == "dump" {
            return .read { bucket in
                Answer.value("dump", bucket[name, as: Object.Value.self]?.dump ?? [])
            }
        }
        guard let command = try Object.command(word, &arguments) else {
            throw PeerRequestError(
                message: "unknown command '\(word.prefix(40))' of part \(name.text); use one of: "
                    + (Object.usage + ["dump"]).joined(separator: ", "))
        }
        switch command {
        case .write(let prepare):
            return .write { bucket in
                guard let part = bucket[name, as: Object.Value.self] else { return nil }
                return bucket.makeWrite(to: name, try prepare(part))
            }
        case .read(let body):
            return .read { bucket in
                bucket[name, as: Object.Value.self].map(body) ?? Answer.ok
            }
        }
    }
}

extension Answer {
    /// `{"<name>":…}` for JSON, or `null` if there is none.
    static func value(_ name: String, _ json: [UInt8]?) -> [UInt8] {
        value(name, json ?? Array("null".utf8))
    }

    /// `{"<name>":["…",…]}`.
    static func value(_ name: String, _ keys: [PropertyKey]) -> [UInt8] {
        var json: [UInt8] = [0x5B]
        for (index, key) in keys.enumerated() {
            if index > 0 { json.append(0x2C) }
            key.append(to: &json)
        }
        json.append(0x5D)
        return value(name, json)
    }
}
