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
