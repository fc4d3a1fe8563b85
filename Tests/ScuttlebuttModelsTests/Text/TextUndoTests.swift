// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("Undoing own edits of a text", .timeLimit(.minutes(20)))
struct TextUndoTests {
    /// One who edits a document, and what he can undo.
    private struct Editor {
        var document = TextDocument()
        var undo: TextUndo
        let name: Source

        init(_ name: String) {
            self.name = source(name)
            undo = TextUndo(source: self.name)
        }

        mutating func replace(
            _ range: Range<Int>, with text: String, continuing: Bool = false
        ) throws -> [TextOperation] {
            let operation = document.makeReplace(range, with: text, by: name)
            undo.record([operation], in: document, continuing: continuing)
            try document.apply(operation)
            return [operation]
        }

        mutating func receive(_ operations: [TextOperation]) throws {
            for operation in operations { try document.apply(operation) }
        }

        mutating func takeBack() throws -> [TextOperation] {
            let operations = undo.undo(in: document).change ?? []
            try receive(operations)
            return operations
        }

        mutating func makeAgain() throws -> [TextOperation] {
            let operations = undo.redo(in: document).change ?? []
            try receive(operations)
            return operations
        }
    }

    @Test("Own steps are taken back and made again, over and over")
    func steps() throws {
        var editor = Editor("A")
        var texts = [""]
        for (range, text) in [
            (0..<0, "hello world"), (5..<11, ""), (0..<1, "J😀"), (2..<4, "xyz"), (0..<6, ""),
            (0..<1, "é"),
        ] {
            _ = try editor.replace(range, with: text)
            texts.append(editor.document.text)
        }
        for _ in 0..<3 {
            for text in texts.dropLast().reversed() {
                _ = try editor.takeBack()
                #expect(editor.document.text == text)
            }
            #expect(editor.undo.undoCount == 0 && editor.undo.redoCount == 6)
            for text in texts.dropFirst() {
                _ = try editor.makeAgain()
                #expect(editor.document.text == text)
            }
        }
        _ = try editor.takeBack()
        _ = try editor.replace(0..<0, with: "!")
        #expect(editor.undo.redoCount == 0)
    }

    @Test("What others typed stays, and what they deleted does not come back")
    func others() throws {
        var (a, b) = (Editor("A"), Editor("B"))
        try b.receive(a.replace(0..<0, with: "one three"))
        try b.receive(a.replace(4..<4, with: "two two "))
        try a.receive(b.replace(6..<6, with: "B"))
        try a.receive(b.replace(8..<12, with: ""))
        #expect(a.document.text == "one twBo three")
        try b.receive(a.takeBack())
        #expect(a.document.text == "one Bthree" && b.document == a.document)
        try b.receive(a.makeAgain())
        #expect(a.document.text.contains("two") || a.document.text.contains("twBo"))
        #expect(b.document == a.document)
        #expect(b.undo.undoCount == 2)
    }

    @Test("A step that others have undone is skipped with a word, and no older one is undone")
    func overtaken() throws {
        var (a, b) = (Editor("A"), Editor("B"))
        try b.receive(a.replace(0..<0, with: "one"))
        try b.receive(a.replace(3..<3, with: " two"))
        try a.receive(b.replace(3..<7, with: ""))
        guard case .skipped = a.undo.undo(in: a.document) else {
            Issue.record("the step was not skipped")
            return
        }
        #expect(a.document.text == "one" && a.undo.undoCount == 1)
        _ = try a.takeBack()
        #expect(a.document.isEmpty)
        guard case .nothing = a.undo.undo(in: a.document) else {
            Issue.record("there was another step")
            return
        }
    }

    @Test("A split of a line never doubles what others typed")
    func split() throws {
        var (a, b) = (Editor("A"), Editor("B"))
        try b.receive(a.replace(0..<0, with: "ab"))
        try b.receive(a.replace(1..<1, with: "\n"))
        try a.receive(b.replace(3..<3, with: "X"))
        try b.receive(a.takeBack())
        #expect(a.document.text == "abX" && b.document.text == "abX")
    }

    @Test("Typed letters are one step if they continue it, and old steps are forgotten")
    func continuing() throws {
        var editor = Editor("A")
        editor.undo = TextUndo(source: editor.name, limit: 2)
        _ = try editor.replace(0..<0, with: "x")
        for (place, letter) in ["w", "o", "r", "d"].enumerated() {
            _ = try editor.replace(
                1 + place..<1 + place, with: letter, continuing: place > 0)
        }
        _ = try editor.replace(0..<5, with: "y")
        #expect(editor.undo.undoCount == 2)
        _ = try editor.takeBack()
        #expect(editor.document.text == "xword")
        _ = try editor.takeBack()
        #expect(editor.document.text == "x")
        #expect(try editor.takeBack().isEmpty)
    }

    @Test("What was deleted letter by letter, backwards, comes back in order")
    func backspace() throws {
        var editor = Editor("A")
        _ = try editor.replace(0..<0, with: "hello world")
        for place in (3..<10).reversed() {
            _ = try editor.replace(place..<place + 1, with: "", continuing: place < 9)
        }
        #expect(editor.document.text == "held" && editor.undo.undoCount == 2)
        _ = try editor.takeBack()
        #expect(editor.document.text == "hello world")
        _ = try editor.makeAgain()
        #expect(editor.document.text == "held")
    }

    @Test("A replicated text undoes as well, and recognises its own undo")
    func replicated() throws {
        let me = source("A")
        var text = ReplicatedText(source: me)
        var undo = TextUndo(source: me)
        var time = 0.0
        func write(_ payload: Payload?) {
            guard let payload else { return }
            undo.record(payload, in: text)
            time += 1
            #expect(text.apply(update("A", time, payload)) == .applied)
        }
        let texts = ["", "hello", "hello brave world", "jello world!", "x"]
        for new in texts.dropFirst() { write(text.makeSet(text: new)) }
        time += 1
        text.apply(update("B", time, #"{"insert":[0,"<B>","R",0,"A"]}"#))
        for old in texts.dropLast().reversed() {
            write(undo.undo(in: text).change)
            #expect(text.text.replacing("<B>", with: "") == old)
        }
        #expect(undo.undoCount == 0 && undo.redoCount == 4)
        for new in texts.dropFirst() {
            write(undo.redo(in: text).change)
            #expect(text.text.replacing("<B>", with: "") == new)
        }
        #expect(text.text.contains("<B>"))
    }

    @Test("All that one did is undone and redone around what others do", arguments: 0..<200)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (a, b) = (Editor("A"), Editor("B"))
        func edit(_ one: inout Editor, _ other: inout Editor, _ word: String) throws {
            let lower = Int.random(in: 0...one.document.count, using: &random)
            let length = one.name == source("B") ? 0 : Int.random(in: 0..<4, using: &random)
            let upper = min(one.document.count, lower + length)
            let text = random.one(in: 3) ? "" : word
            guard lower < upper || !text.isEmpty else { return }
            try other.receive(one.replace(lower..<upper, with: text))
        }
        for _ in 0..<12 {
            try edit(&a, &b, "aé😀")
            try edit(&b, &a, "<>")
        }
        let before = a.document.text
        // Whether B's text is whole depends on what A has deleted of it.
        for _ in 0..<2 {
            let count = a.undo.undoCount
            for _ in 0..<count { try b.receive(a.takeBack()) }
            #expect(!a.document.text.unicodeScalars.contains("😀"))
            let redone = a.undo.redoCount
            for _ in 0..<redone { try b.receive(a.makeAgain()) }
            #expect(a.document.text.unicodeScalars.sorted() == before.unicodeScalars.sorted())
            #expect(a.document == b.document)
        }
    }
}
