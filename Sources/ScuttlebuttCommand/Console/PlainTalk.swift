// SPDX-License-Identifier: MIT

import Scuttlebutt

/// What a person and a replicated object say to each other at a terminal: the commands and answers
/// are those of programs, and there is `help`.
struct PlainTalk {
    let peer: any GossipingPeer
    let first: FirstWrite?

    /// Does what the person asks until they leave.
    func run(_ console: Console) async throws -> Conversation.Outcome {
        let usages = peer.usages.map { TalkRequest.Usage(command: $0, meaning: "") }
        let help = usages + [.init(command: "help", meaning: "")]
        console.print(
            "you are \(ActionText.label(peer.source.text)); type help for what you can do")
        while case .text(let bytes)? = await console.next() {
            let line = String(decoding: bytes, as: UTF8.self)
            switch line.split(separator: " ").first {
            case nil: break
            case "help": console.print(TerminalTalk.help(help))
            default:
                let reply = await peer.reply(to: bytes, first)
                console.print(String(decoding: reply.line, as: UTF8.self))
                if reply.isQuit { return .quit }
            }
        }
        return .endOfInput
    }
}
