// SPDX-License-Identifier: MIT

import ScuttlebuttModels

extension PeerObject<ReplicatedArray<JSONText>> {
    static var array: PeerObject { .array(of: { value throws(PeerRequestError) in value }) }
}

extension PeerObject {
    /// An array whose elements are converted from JSON.
    fileprivate static func array<Element: Codable & Sendable>(
        of element: @escaping @Sendable (JSONText) throws(PeerRequestError) -> Element
    ) -> PeerObject where Value == ReplicatedArray<Element> {
        let usage = [
            "push JSON", "unshift JSON", "pop", "shift", "splice INDEX COUNT JSON…",
            "unset SORTKEY", "keys",
        ]
        return PeerObject(usage: usage, empty: { ReplicatedArray(source: $0) }) {
            word, arguments throws(PeerRequestError) in
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
                for value in try arguments.values("an element") {
                    values.append(try element(value))
                }
                return .write { [values] in
                    // A negative index counts from the end, as in JavaScript.
                    let start = index < 0 ? max(0, $0.count &+ index) : index
                    return try $0.makeSplice(at: start, removing: count, inserting: values)
                }
            case "unset":
                let key = try arguments.key("the sort key")
                return .write { $0.makeUnset(key) }
            case "keys": return .read { Answer.value("keys", $0.keys) }
            default: return nil
            }
        }
    }
}

extension PeerObject<ReplicatedEdit> {
    /// A text, and the array of its lines.
    static var edit: PeerObject {
        let lines = PeerObject<ReplicatedArray<String>>.array(of: line)
        return PeerObject(
            usage: ["text \"NEW\" [\"OLD\"]"] + lines.usage, empty: { ReplicatedEdit(source: $0) }
        ) {
            word, arguments throws(PeerRequestError) in
            if word == "text" {
                let text = try line(try arguments.value("the text"))
                guard !arguments.isEmpty else { return .write { $0.makeSet(text: text) } }
                let base = try line(try arguments.value("the text that it was made from"))
                return .write { $0.makeSet(text: text, from: base) }
            }
            switch try lines.command(word, &arguments) {
            case .write(let prepare): return .write { try prepare($0.lines) }
            case .read(let body): return .read { body($0.lines) }
            case nil: return nil
            }
        }
    }

    @Sendable
    private static func line(_ value: JSONText) throws(PeerRequestError) -> String {
        guard let text = value.string else {
            throw PeerRequestError(
                message: "the text must be a JSON string without unpaired surrogates")
        }
        return text
    }
}

extension PeerObject<ReplicatedBucket> {
    /// A model, events and an array in one.
    static var bucket: PeerObject {
        let (model, events) = (
            PeerObject<ReplicatedModel<JSONText>>.model,
            PeerObject<ReplicatedEvents<JSONText>>.events
        )
        let list = PeerObject<ReplicatedArray<JSONText>>.array
        let empty = { @Sendable source in
            ReplicatedBucket([
                "model": model.empty(source), "events": events.empty(source),
                "list": list.empty(source),
            ])
        }
        return PeerObject(usage: ["part NAME COMMAND… (parts: model, events, list)"], empty: empty)
        {
            word, arguments throws(PeerRequestError) in
            guard word == "part" else { return nil }
            let name = try arguments.key("the part")
            switch name.text {
            case "model": return try part(model, name, &arguments)
            case "events": return try part(events, name, &arguments)
            case "list": return try part(list, name, &arguments)
            default:
                throw PeerRequestError(
                    message:
                        "unknown part '\(name.text.prefix(40))'; use one of: model, events, list")
            }
        }
    }

    private static func part<Part>(
        _ object: PeerObject<Part>, _ name: PropertyKey, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<ReplicatedBucket> {
        guard let word = arguments.word() else {
            throw PeerRequestError(message: "the part's command is missing")
        }
        if word == "dump" {
            return .read { Answer.value("dump", $0[name, as: Part.self]?.dump ?? []) }
        }
        guard let command = try object.command(word, &arguments) else {
            throw PeerRequestError(
                message: "unknown command '\(word.prefix(40))' of part \(name.text); use one of: "
                    + (object.usage + ["dump"]).joined(separator: ", "))
        }
        switch command {
        case .write(let prepare):
            return .write { bucket in
                guard let part = bucket[name, as: Part.self] else { return nil }
                return bucket.makeWrite(to: name, try prepare(part))
            }
        case .read(let body):
            return .read { $0[name, as: Part.self].map(body) ?? Answer.ok }
        }
    }
}
