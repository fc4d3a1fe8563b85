// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

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
