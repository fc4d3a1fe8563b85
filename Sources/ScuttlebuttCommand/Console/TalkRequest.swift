// SPDX-License-Identifier: MIT

/// What a person asks for at a terminal, beyond the commands that programs use too.
enum TalkRequest: Equatable {
    /// Nothing was typed.
    case nothing
    /// What can be typed here.
    case help
    /// Who else is here.
    case who
    /// Present oneself under a name.
    case name(String)
    /// Write an action of the example: its JSON text.
    case write([UInt8])
    case quit
    /// A command that programs use too.
    case command([UInt8])
    /// Something is missing; a line that says what.
    case wrong(String)

    /// One command of a person, with what it does.
    struct Usage: Equatable {
        let command: String
        let meaning: String

        /// Its first word.
        var word: String { String(command.prefix { $0 != " " }) }
    }

    /// Reads a line.
    ///
    /// - Parameter usages: The commands there are; any other is left to the peer.
    /// - Parameter name: The name that actions carry, if the person has one.
    init(_ line: String, among usages: [Usage], name: String?) {
        let parts = line.split(separator: " ", maxSplits: 1)
        let rest = parts.count > 1 ? parts[1].trimmingBlanks : ""
        guard let word = parts.first else {
            self = .nothing
            return
        }
        guard usages.contains(where: { $0.word == word }) else {
            self = .command(Array(line.utf8))
            return
        }
        switch word {
        case "help": self = .help
        case "who": self = .who
        case "quit": self = .quit
        case "+": self = .write(TalkRequest.action("INCREMENT", nil, name))
        case "-": self = .write(TalkRequest.action("DECREMENT", nil, name))
        case "step": self = .write(TalkRequest.action("STEP", nil, name))
        case "say":
            self =
                rest.isEmpty
                ? .wrong("say what? For example: say hello")
                : .write(TalkRequest.action("ADD_MESSAGE", rest, name))
        case "name":
            self =
                rest.isEmpty || rest.count > TalkRequest.nameLimit
                ? .wrong("a name has 1 to \(TalkRequest.nameLimit) characters, e.g. name Ada")
                : .name(rest)
        default: self = .command(Array(line.utf8))
        }
    }

    /// The maximum number of characters of a name, as in the pages.
    static let nameLimit = 32

    /// The flat form of an action; the name stands beside the type, as pages write it.
    private static func action(_ type: String, _ payload: String?, _ name: String?) -> [UInt8] {
        var members = [("type", Answer.string(type))]
        if let payload { members.append(("payload", Answer.string(payload))) }
        if let name { members.append(("name", Answer.string(name))) }
        return Answer.object(members)
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
