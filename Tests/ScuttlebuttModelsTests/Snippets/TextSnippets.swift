// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import Testing

/// The programs of Text.md.
enum TextSnippets {
    static var all: [Snippet] {
        [Snippet("In a reducer", reducer), Snippet("As a replica", replica)]
    }

    @Sendable static func reducer(_ print: Snippet.Print) {
        let (ann, bob) = (source("ann"), source("bob"))
        // Begin In a reducer
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
        let hello = note.body.makeInsert("Hello world", at: 0, by: ann)
        reduce(&note, .edit(hello), by: ann)
        let fromAnn = note.body.makeInsert(", dear", at: 5, by: ann)
        let fromBob = note.body.makeReplace(6..<11, with: "Bob", by: bob)
        reduce(&note, .edit(fromBob), by: bob)
        reduce(&note, .edit(fromAnn), by: ann)
        print(note.body.text)  // Hello, dear Bob
        // End
        reduce(&note, .edit(note.body.makeInsert("!", at: 0, by: ann)), by: bob)
        #expect(note.body.text == "Hello, dear Bob")
    }

    @Sendable static func replica(_ print: Snippet.Print) throws {
        let driver = SnippetDriver(ReplicatedText(source: source("A")))
        // Begin As a replica
        try driver.write { $0.makeInsert("Hello world", at: 0) }
        try driver.write { $0.makeDelete(0..<6) }
        let cursor = driver.value.document.cursor(at: 5)
        try driver.write { $0.makeSet(text: "Our whole world!") }
        print(driver.value.text)  // Our whole world!
        print(driver.value.position(of: cursor) ?? -1)  // 15
        let file = driver.value.document.saved()
        print(try TextDocument(saved: file).text)  // Our whole world!
        // End
    }
}
