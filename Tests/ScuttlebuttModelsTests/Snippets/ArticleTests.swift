// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import Testing

/// A program of an article, compiled here.
struct Snippet: Sendable {
    typealias Print = (Any) -> Void

    /// The heading above the program.
    let heading: String
    /// Runs the program; what it prints goes to the argument.
    let run: @Sendable (Print) throws -> Void

    init(_ heading: String, _ run: @escaping @Sendable (Print) throws -> Void) {
        self.heading = heading
        self.run = run
    }
}

/// The part of a `ReplicaDriver` that the programs use; the type itself is in another module.
final class SnippetDriver<Value: Replicated> {
    private(set) var value: Value
    private(set) var written: [Update] = []

    init(_ value: Value) { self.value = value }

    func write(_ prepare: (Value) throws -> Payload?) throws {
        guard let payload = try prepare(value) else { return }
        receive(update("A", (written.last?.timestamp.value ?? 0) + 1, payload))
    }

    func receive(_ update: Update) {
        #expect(value.apply(update) == .applied)
        written.append(update)
    }
}

/// An article of the documentation and its programs.
///
/// The article is `<name>.md`, and the compiled programs are in `<name>Snippets.swift` between the
/// marks `// Begin <heading>` and `// End`. The second program under a heading is called
/// `<heading>, 2`.
struct Article: Sendable, CustomTestStringConvertible {
    let name: String
    let snippets: [Snippet]

    static let all = [
        Article(name: "Models", snippets: ModelsSnippets.all),
        Article(name: "Arrays", snippets: ArraysSnippets.all),
        Article(name: "Doc", snippets: DocSnippets.all),
        Article(name: "Text", snippets: TextSnippets.all),
        Article(name: "StateTypes", snippets: StateTypesSnippets.all),
    ]

    var testDescription: String { name }

    private func lines(_ path: String) throws -> [String] {
        let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        return try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The lines of each program in the article.
    func printed() throws -> [String: [String]] {
        let folder = "../../../Sources/ScuttlebuttModels/ScuttlebuttModels.docc"
        var programs: [String: [String]] = [:]
        var (heading, program): (String, String?) = ("", nil)
        for line in try lines("\(folder)/\(name).md") {
            if line == "```swift" {
                let name = programs[heading] == nil ? heading : heading + ", 2"
                program = name
                programs[name] = []
            } else if line == "```" {
                program = nil
            } else if let program {
                programs[program]?.append(line)
            } else if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            }
        }
        return programs
    }

    /// The lines of each compiled program.
    func compiled() throws -> [String: [String]] {
        var programs: [String: [String]] = [:]
        var program: String?
        for line in try lines("\(name)Snippets.swift") {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix("// Begin ") {
                let name = String(trimmed.dropFirst(9))
                program = name
                programs[name] = []
            } else if trimmed == "// End" {
                program = nil
            } else if let program {
                programs[program]?.append(String(line.dropFirst(8)))
            }
        }
        return programs
    }

    /// What a program promises to print: the comments after its `print` calls.
    static func comments(_ program: [String]) -> [String] {
        program.map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0.hasPrefix("print(") }
            .map { $0.components(separatedBy: "  // ").last ?? "" }
    }
}

@Suite("The articles about the data types", .timeLimit(.minutes(20)))
struct ArticleTests {
    @Test("An article shows the programs that are compiled here", arguments: Article.all)
    func compiled(article: Article) throws {
        let (printed, compiled) = (try article.printed(), try article.compiled())
        #expect(!printed.isEmpty)
        #expect(printed.keys.sorted() == compiled.keys.sorted())
        for (heading, lines) in compiled { #expect(printed[heading] == lines, "\(heading)") }
    }

    @Test("A program prints what the comments in it say", arguments: Article.all)
    func prints(article: Article) throws {
        let promised = try article.compiled().mapValues(Article.comments).filter { !$1.isEmpty }
        #expect(promised.keys.sorted() == article.snippets.map(\.heading).sorted())
        for snippet in article.snippets {
            var printed: [String] = []
            try snippet.run { printed.append("\($0)") }
            #expect(printed == promised[snippet.heading], "\(snippet.heading)")
        }
    }
}
