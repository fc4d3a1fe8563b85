// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

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
