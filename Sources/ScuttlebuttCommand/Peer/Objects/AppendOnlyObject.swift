// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

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
