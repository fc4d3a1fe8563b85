// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

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
