// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

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
