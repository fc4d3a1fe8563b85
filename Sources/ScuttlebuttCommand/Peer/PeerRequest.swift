// SPDX-License-Identifier: MIT

/// One command from a peer's standard input.
enum PeerRequest: Equatable {
    case dispatch([UInt8])
    /// `state` in `join`, `dump` in `peer actions`.
    case state
    case history
    case clock
    case status
    /// Who else is here.
    case presence
    /// What this peer says of itself; `nil` to leave.
    case present([UInt8]?)
    case quit

    /// The commands that a subcommand answers, with their names.
    struct Vocabulary: Sendable {
        let stateName: String
        /// Whether the history shows what is behind the source of an update.
        let keepsTails: Bool
        let words: [(name: String, request: PeerRequest)]

        /// The commands of `join`.
        static let join = Vocabulary(stateName: "state", keepsTails: false)
        /// The commands of `peer actions`.
        static let actions = Vocabulary(stateName: "dump", keepsTails: true)

        private init(stateName: String, keepsTails: Bool) {
            self.stateName = stateName
            self.keepsTails = keepsTails
            words = [
                (stateName, .state), ("history", .history), ("clock", .clock),
                ("status", .status), ("presence", .presence), ("quit", .quit),
            ]
        }

        /// All names, for error messages.
        var names: String { usages.joined(separator: ", ") }

        /// All commands with their arguments.
        var usages: [String] { ["dispatch {json}"] + words.map(\.name) }
    }

    /// Parses one line, given without its newline.
    init(_ line: [UInt8], _ vocabulary: Vocabulary) throws(PeerRequestError) {
        var arguments = PeerArguments(line[...])
        guard let word = arguments.word() else {
            throw PeerRequestError(message: "empty command; use one of: \(vocabulary.names)")
        }
        if word == "dispatch" {
            guard !arguments.isEmpty else {
                throw PeerRequestError(
                    message: "dispatch requires an action, e.g. {\"type\":\"INCREMENT\"}")
            }
            self = .dispatch(Array(arguments.trimmed))
            return
        }
        if word == "presence", !arguments.isEmpty {
            let value = Array(arguments.trimmed)
            self = .present(value.elementsEqual("null".utf8) ? nil : value)
            return
        }
        guard let known = vocabulary.words.first(where: { word == $0.name }) else {
            throw PeerRequestError(
                message: "unknown command '\(word.prefix(40))'"
                    + Suggestion.text(for: word, among: vocabulary.words.map(\.name) + ["dispatch"])
                    + "; use one of: \(vocabulary.names)")
        }
        guard arguments.isEmpty else {
            throw PeerRequestError(message: "\(known.name) takes no arguments")
        }
        self = known.request
    }

}

/// The reason a command is refused.
struct PeerRequestError: Error, Equatable {
    let message: String
}
