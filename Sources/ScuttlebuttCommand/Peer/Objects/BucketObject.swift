// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

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
