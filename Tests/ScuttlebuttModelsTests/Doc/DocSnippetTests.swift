// SPDX-License-Identifier: MIT

import Foundation
import Testing

@Suite("The article about documents", .timeLimit(.minutes(10)))
struct DocSnippetTests {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent()

    private func lines(_ path: String) throws -> [String] {
        try String(contentsOf: Self.folder.appendingPathComponent(path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The blocks of Swift of the article, by heading, the second of one heading as `, declared`.
    private func printed() throws -> [String: [String]] {
        var result: [String: [String]] = [:]
        var (heading, block): (String, String?) = ("", nil)
        let path = "../../../Sources/ScuttlebuttModels/ScuttlebuttModels.docc/Doc.md"
        for line in try lines(path) {
            if line == "```swift" {
                let name = result[heading] == nil ? heading : heading + ", declared"
                block = name
                result[name] = []
            } else if line == "```" {
                block = nil
            } else if let block {
                result[block]?.append(line)
            } else if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            }
        }
        return result
    }

    private func compiled() throws -> [String: [String]] {
        var result: [String: [String]] = [:]
        var block: String?
        for line in try lines("DocSnippets.swift") {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix("// Begin ") {
                let name = String(trimmed.dropFirst(9))
                block = name
                result[name] = []
            } else if trimmed == "// End" {
                block = nil
            } else if let block {
                result[block]?.append(String(line.dropFirst(8)))
            }
        }
        return result
    }

    @Test("Its programs are those that are compiled here, line by line")
    func equal() throws {
        let (printed, compiled) = (try printed(), try compiled())
        #expect(printed.keys.sorted() == ["Doc", "Doc, declared", "Row", "Seq", "Set"])
        #expect(printed == compiled)
    }

    @Test("Its programs print what stands behind them")
    func runs() throws {
        let programs = try compiled()
        for (heading, run) in DocSnippets.all {
            var printed: [String] = []
            try run(SnippetDriver(DocSnippets.declared())) { printed.append("\($0)") }
            let comments = try #require(programs[heading]).filter { $0.hasPrefix("print(") }
                .map { $0.components(separatedBy: "  // ").last ?? "" }
            #expect(!comments.isEmpty)
            #expect(printed == comments, "\(heading)")
        }
    }
}
