// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Commands in, answers out: each line of the input gets exactly one JSON object, in order.
struct Conversation: Sendable {
    /// Answers one line.
    let reply: @Sendable ([UInt8]) async -> PeerReply

    /// How a conversation has ended.
    enum Outcome {
        /// By `quit`.
        case quit
        /// By the end of the input, or because the task was cancelled.
        case endOfInput
    }

    /// Answers commands until `quit` or the end of the input.
    ///
    /// - Throws: ``OutputClosed`` and what else keeps the answers from being written.
    func run(_ input: CommandInput) async throws -> Outcome {
        while let line = await input.next() {
            guard case .text(let bytes) = line else {
                let message = "the line has more than \(CommandInput.lineByteLimit) bytes"
                try await StandardOutput.shared.write(line: Answer.error(message))
                continue
            }
            let reply = await reply(bytes)
            try await StandardOutput.shared.write(line: reply.line)
            if reply.isQuit { return .quit }
        }
        return .endOfInput
    }
}
