// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// A table of keys and values.
private protocol KeyedModel: Replicated, Dumpable {
    func makeSet(_ key: PropertyKey, to value: JSONText) throws -> Payload
    func rawValue(of key: PropertyKey) -> [UInt8]?
}

extension ReplicatedModel<JSONText>: KeyedModel {}
extension ReplicatedExpiryModel<JSONText>: KeyedModel {}

extension PeerObject where Value: KeyedModel {
    fileprivate static func keyed(_ empty: @escaping @Sendable () -> Value) -> PeerObject {
        PeerObject(usage: ["set KEY JSON", "get KEY"], empty: { _ in empty() }) {
            word, arguments throws(PeerRequestError) in
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
}

extension PeerObject<ReplicatedModel<JSONText>> {
    static var model: PeerObject { keyed { ReplicatedModel() } }
}

extension PeerObject<ReplicatedExpiryModel<JSONText>> {
    static var expiryModel: PeerObject { keyed { ReplicatedExpiryModel() } }
}

extension PeerObject<ReplicatedEvents<JSONText>> {
    static var events: PeerObject {
        PeerObject(usage: ["emit EVENT JSON"], empty: { _ in ReplicatedEvents() }) {
            word, arguments throws(PeerRequestError) in
            guard word == "emit" else { return nil }
            let (name, data) = (try arguments.key("the event"), try arguments.value("the data"))
            return .write { try $0.makeEmit(name, data) }
        }
    }
}

extension PeerObject<ReplicatedValue<JSONText>> {
    static var value: PeerObject {
        PeerObject(usage: ["set JSON"], empty: { _ in ReplicatedValue() }) {
            word, arguments throws(PeerRequestError) in
            guard word == "set" else { return nil }
            let value = try arguments.value("the value")
            return .write { try $0.makeSet(value) }
        }
    }
}

extension PeerObject<ReplicatedAppendOnly<JSONText>> {
    static var appendOnly: PeerObject {
        PeerObject(usage: ["push {json}", "remove ID"], empty: { _ in ReplicatedAppendOnly() }) {
            word, arguments throws(PeerRequestError) in
            switch word {
            case "push":
                let item = try arguments.object("the item")
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
}

extension PeerObject<ReplicatedDoc<JSONText>> {
    static var doc: PeerObject {
        PeerObject(usage: ["row ID {json}", "rm ID"], empty: { _ in ReplicatedDoc() }) {
            word, arguments throws(PeerRequestError) in
            switch word {
            case "row":
                let (id, row) = (try arguments.key("the id"), try arguments.object("the row"))
                return .write { try $0.makeSet(id, from: row) }
            case "rm":
                let id = try arguments.key("the id")
                return .write { $0.makeRemove(id) }
            default: return nil
            }
        }
    }
}
