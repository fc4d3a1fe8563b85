// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttModels
import Testing

/// Stamps and applies writes, as a driver does.
private struct Desk {
    var value = ReplicatedText(source: source("A"))
    private var time = 0.0

    mutating func write(_ body: (ReplicatedText) throws -> Payload?) throws {
        guard let payload = try body(value) else { return }
        time += 1
        #expect(value.apply(update("A", time, payload)) == .applied)
    }
}

@Suite("The article about texts", .timeLimit(.minutes(10)))
struct TextSnippetTests {
    @Test("In a reducer")
    func reducer() throws {
        var lines: [String] = []
        func print(_ value: Any) { lines.append("\(value)") }
        let (ann, bob) = (source("ann"), source("bob"))
        // Begin
        struct Note: Codable, Equatable {
            var title = ""
            var body = TextDocument()
        }
        enum NoteAction: Codable {
            case edit(TextOperation)
        }
        func reduce(_ state: inout Note, _ action: NoteAction, by source: Source) {
            switch action {
            case .edit(let operation):
                // Who dispatched the action may insert under no other name.
                guard operation.source == source else { return }
                try? state.body.apply(operation)
            }
        }

        var note = Note()
        let hello = note.body.insertion(of: "Hello world", at: 0, by: ann)
        reduce(&note, .edit(hello), by: ann)
        let fromAnn = note.body.insertion(of: ", dear", at: 5, by: ann)
        let fromBob = note.body.replacement(of: 6..<11, with: "Bob", by: bob)
        reduce(&note, .edit(fromBob), by: bob)
        reduce(&note, .edit(fromAnn), by: ann)
        print(note.body.text)  // Hello, dear Bob
        // End
        #expect(lines == ["Hello, dear Bob"])
        reduce(&note, .edit(note.body.insertion(of: "!", at: 0, by: ann)), by: bob)
        #expect(note.body.text == "Hello, dear Bob")
    }

    @Test("As a replica")
    func replica() throws {
        var lines: [String] = []
        func print(_ value: Any) { lines.append("\(value)") }
        var driver = Desk()
        // Begin
        try driver.write { $0.inserting("Hello world", at: 0) }
        try driver.write { $0.deleting(0..<6) }
        let cursor = driver.value.document.cursor(at: 5)
        try driver.write { $0.setting(text: "Our whole world!") }
        print(driver.value.text)  // Our whole world!
        print(driver.value.position(of: cursor) ?? -1)  // 15
        let file = driver.value.document.saved()
        print(try TextDocument(saved: file).text)  // Our whole world!
        // End
        #expect(lines == ["Our whole world!", "15", "Our whole world!"])
    }

    @Test("The programs of the article are those that are run here")
    func equal() throws {
        let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        func blocks(
            _ path: String, _ begin: String, _ end: String, indent: Int
        ) throws -> [[String]] {
            let text = try String(
                contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            var result: [[String]] = []
            var isInside = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                let trimmed = line.trimmingCharacters(in: .whitespaces)
                if trimmed == begin {
                    isInside = true
                    result.append([])
                } else if trimmed == end {
                    isInside = false
                } else if isInside {
                    result[result.count - 1].append(String(line.dropFirst(indent)))
                }
            }
            return result
        }
        let article = "../../../Sources/ScuttlebuttModels/ScuttlebuttModels.docc/Text.md"
        let printed = try blocks(article, "```swift", "```", indent: 0)
        let run = try blocks("TextSnippetTests.swift", "// Begin", "// End", indent: 8)
        #expect(printed.count == 2)
        #expect(printed == run)
    }
}
