// SPDX-License-Identifier: MIT

/// Answers each line of the input with exactly one JSON object, in order.
struct Conversation: Sendable {
    /// Answers one line.
    let reply: @Sendable ([UInt8]) async -> PeerReply

    /// How a conversation ended.
    enum Outcome {
        /// By `quit`.
        case quit
        /// By the end of the input, or because the task was cancelled.
        case endOfInput
    }

    /// Answers commands until `quit` or the end of the input.
    ///
    /// - Throws: ``OutputClosedError``, or any other error from writing the answers.
    func run(_ input: CommandInput) async throws -> Outcome {
        while let line = await input.next() {
            guard case .text(let bytes) = line else {
                let message = "the line is longer than \(CommandInput.lineByteLimit) bytes"
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
