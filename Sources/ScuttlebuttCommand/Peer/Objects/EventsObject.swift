// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

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
