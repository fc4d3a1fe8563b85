// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Commands in, answers out: each line of the input gets exactly one JSON object, in order.
struct Conversation: Sendable {
    let peer: ActionPeer
    let vocabulary: PeerRequest.Vocabulary
    /// The key under which the state is shown.
    let stateName: String
    /// Whether a history shows what follows the source in an update, such as a signature.
    let keepsTails: Bool

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
            let request: PeerRequest
            do throws(PeerRequest.Refusal) {
                guard case .text(let bytes) = line else {
                    throw PeerRequest.Refusal(
                        message: "the line has more than \(CommandInput.lineByteLimit) bytes")
                }
                request = try PeerRequest(bytes, vocabulary)
            } catch {
                try await StandardOutput.shared.write(line: Answer.error(error.message))
                continue
            }
            let answer = await peer.answer(
                request, stateName: stateName, keepsTails: keepsTails)
            try await StandardOutput.shared.write(line: answer)
            if request == .quit { return .quit }
        }
        return .endOfInput
    }
}
