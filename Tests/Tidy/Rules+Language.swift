// SPDX-License-Identifier: MIT

/// Rules for the language of comments and messages, and for finding a type by its file.
///
/// They hold for the folders in ``folders``, which have been written in this language. The list is
/// meant to grow until it covers all sources.
enum Language {
    static let folders = [
        "Sources/ExampleReducers/",
        "Sources/PortableReducers/",
        "Sources/Redux/",
        "Sources/Rewind/",
        "Sources/Scuttlebutt/Order/",
        "Sources/Scuttlebutt/Session/",
        "Sources/Scuttlebutt/Wire/",
        "Sources/ScuttlebuttCoding/",
        "Sources/ScuttlebuttCommand/",
        "Sources/ScuttlebuttNIO/",
        "Sources/ScuttlebuttRelay/",
        "Sources/ScuttlebuttRuntime/Storage/",
        "Sources/ScuttlebuttRuntime/Transport/",
        "Sources/ScuttlebuttRuntimeTestKit/",
        "Sources/ScuttlebuttSQLite/",
        "Sources/ScuttlebuttSecurity/",
        "Sources/ScuttlebuttSimulation/",
    ]

    /// Phrases that a native speaker would not write, as regular expressions.
    ///
    /// `restore-anew` is a word of the simulator's scripts, which are kept.
    static let banned = [
        #"\bdear\b"#, #"(?<!restore-)\banew\b"#, #"\bwould else\b"#,
        #"\bis no (?:JSON|port|source|address)\b"#,
        #"\b(?:tells?|told) (?:of|people)\b"#, #"\bhands? (?:out|over)\b"#,
        #"\bbeside (?:it|them)\b"#,
        #"\bas (?:is|was) wanted\b"#, #"\bcould not be (?:written|read|made)\b"#,
        #"\bfor want of\b"#, #"\bso often\b"#,
    ]

    @Sendable static func covers(_ file: SourceFile) -> Bool {
        file.isSwift && folders.contains { file.path.hasPrefix($0) }
    }

    static let rules: [Rule] = [
        .ban(
            #"^[ \t]*/// Makes\b[^\n]*\n(?:[ \t]*///[^\n]*\n)*(?:[ \t]*@[^\n]*\n)*"#
                + #"[ \t]*(?:\w+ )*init[?(<]"#, in: .text,
            "An initialiser is documented as 'Creates …', not 'Makes …'", where: covers),
        phrases, fileNames,
    ]

    private static let phrases: Rule = {
        let pattern = Pattern(banned.map { "(?:\($0))" }.joined(separator: "|"))
        let name = "A comment or message avoids phrases that no native speaker would write"
        return Rule(name: name) { file in
            guard covers(file) else { return [] }
            return pattern.matches(in: file.text)
                // Code is blanked except for what is not a comment or a literal.
                .filter { match in
                    let code = file.code.split(separator: "\n", omittingEmptySubsequences: false)
                    return match.line > code.count || !code[match.line - 1].contains(match.text)
                }
                .map { Violation(path: file.path, line: $0.line, message: "'\($0.text)'") }
        }
    }()

    private static let types = Pattern(
        #"^(?:@\w+(?:\([^)]*\))?\s+)*(?:public|package)\s+(?:(?:final|indirect)\s+)?"#
            + #"(?:struct|class|enum|protocol|actor)\s+(\w+)"#)

    private static let fileNames = Rule(name: "A public type is in a file named after it") { file in
        guard covers(file) else { return [] }
        let base = file.name.prefix { $0 != "+" && $0 != "." }
        return types.matches(in: file.code).compactMap { match in
            guard let type = match.group, type != base || file.name.contains("+") else {
                return nil
            }
            return Violation(
                path: file.path, line: match.line, message: "\(type) belongs in \(type).swift")
        }
    }
}
