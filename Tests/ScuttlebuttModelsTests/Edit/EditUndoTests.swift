// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import ScuttlebuttModels

@Suite("Undoing own edits", .timeLimit(.minutes(20)))
struct EditUndoTests {
    @Test("Own steps are taken back and made again")
    func steps() {
        var editor = Editor("A")
        let texts = ["one", "one\ntwo", "one\nTWO\nthree", "three"]
        for text in texts { editor.type(text) }
        #expect(editor.undo.undoCount == 4)
        for text in texts.dropLast().reversed() {
            editor.write(editor.undo.undo(in: editor.edit).change)
            #expect(editor.edit.text == text)
        }
        #expect(editor.undo.redoCount == 3)
        for text in texts.dropFirst() {
            editor.write(editor.undo.redo(in: editor.edit).change)
            #expect(editor.edit.text == text)
        }
        #expect(editor.undo.redo(in: editor.edit).change == nil)
        editor.write(editor.undo.undo(in: editor.edit).change)
        editor.type("fresh")
        #expect(editor.undo.redoCount == 0)
    }

    @Test("What others did stays, also in the middle of what is taken back")
    func others() {
        var (a, b) = (Editor("A"), Editor("B"))
        if let first = a.type("one\ntwo\nthree\n") { b.receive(first) }
        if let own = a.type("one\nTWO\nTHREE\n") { b.receive(own) }
        if let theirs = b.type("zero\none\nTWO\nTHREE by B\n") { a.receive(theirs) }
        let payload = a.undo.undo(in: a.edit).change
        if let undone = a.write(payload) { b.receive(undone) }
        #expect(a.edit.text == "zero\none\ntwo\nTHREE by B\n" && b.edit.text == a.edit.text)
        if let redone = a.write(a.undo.redo(in: a.edit).change) { b.receive(redone) }
        #expect(a.edit.text == "zero\none\nTWO\nTHREE by B\n" && b.edit.text == a.edit.text)
        #expect(b.undo.undoCount == 1)
    }

    @Test("A step of which others left nothing is skipped with a word, and no older one is undone")
    func overtaken() throws {
        var (a, b) = (Editor("A"), Editor("B"))
        b.receive(try a.typed("one\ntwo"))
        b.receive(try a.typed("one\nTWO"))
        a.receive(try b.typed("one\nzwei"))
        let skipped = a.undo.undo(in: a.edit)
        guard case .skipped = skipped else {
            Issue.record("the step was not skipped")
            return
        }
        #expect(skipped.description == "Others have already undone or replaced this step.")
        #expect(a.edit.text == "one\nzwei" && a.undo.redoCount == 0)
        a.write(a.undo.undo(in: a.edit).change)
        #expect(a.edit.text == "zwei")
        guard case .nothing = a.undo.undo(in: a.edit) else {
            Issue.record("there was another step")
            return
        }
    }

    @Test(
        "Lines that were split or joined come together again with what others typed",
        arguments: [
            // Before, after the step, after others, undone.
            ["ab", "a\nb", "a\nbX", "abX"], ["ab", "a\nb", "aY\nb", "aYb"],
            ["ab\nz", "a\nb\nz", "a\nbX\nz", "abX\nz"],
            ["ab\n", "a\nb\n", "aY\nbX\n", "aY\nbX\n"],
            ["a\nb", "ab", "abX", "a\nbX"], ["a\nb\n", "ab\n", "Xab\n", "Xa\nb\n"],
            ["foo bar\nbaz", "foo\nbar baz", "foo\nbar bazX", "foo bar\nbazX"],
            ["x\nabc\ny", "x\na\nb\nc\ny", "x\na\nbX\nc\ny", "x\nabXc\ny"],
            ["one\ntwo", "one\nTWO\nnew", "one\nTWO\nnew B", "one\ntwo\nnew B"],
        ])
    func splits(texts: [String]) throws {
        var (a, b) = (Editor("A"), Editor("B"))
        b.receive(try a.typed(texts[0]))
        b.receive(try a.typed(texts[1]))
        a.receive(try b.typed(texts[2]))
        if let update = a.write(a.undo.undo(in: a.edit).change) { b.receive(update) }
        #expect(a.edit.text == texts[3] && b.edit.text == texts[3])
        if let update = a.write(a.undo.redo(in: a.edit).change) {
            b.receive(update)
            #expect(a.edit.text == texts[2])
        }
        #expect(a.edit.dumpText == b.edit.dumpText)
        #expect(a.undo.undoCount <= 2)
    }

    @Test("An undo never doubles a word, whatever others did", arguments: UInt64(0)..<300)
    func wordsAtRandom(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (a, b) = (Editor("A"), Editor("B"))
        b.receive(try a.typed("one two three four five six"))
        func recut(_ text: String) -> String {
            String(text.map { ($0 == " " || $0 == "\n") ? (random.one(in: 2) ? " " : "\n") : $0 })
        }
        for _ in 0..<3 {
            if let update = a.type(recut(a.edit.text)) { b.receive(update) }
            let words = b.edit.text.replacing(
                ["one", "four"][Int.random(in: 0..<2, using: &random)], with: "<B>")
            if let update = b.type(words) { a.receive(update) }
        }
        for _ in 0..<3 {
            if let update = a.write(a.undo.undo(in: a.edit).change) { b.receive(update) }
            for word in ["two", "three", "five", "six", "<B>"] {
                #expect(
                    a.edit.text.ranges(of: word).count <= (word == "<B>" ? 2 : 1),
                    "\(word) in \(a.edit.dumpText)")
            }
        }
        #expect(a.edit.dumpText == b.edit.dumpText)
    }

    @Test("A step of thousands of lines, half of them changed since, is undone in no time")
    func large() throws {
        var (a, b) = (Editor("A"), Editor("B"))
        b.receive(try a.typed("start\nend"))
        let words = (0..<4_000).map { "word\($0) and its line \($0)" }
        b.receive(try a.typed("start\n" + words.joined(separator: "\n") + "\nend"))
        let theirs = words.enumerated().map { $0.offset % 2 == 0 ? $0.element : $0.element + " B" }
        a.receive(try b.typed("start\n" + theirs.joined(separator: "\n") + "\nend"))
        if let update = a.write(a.undo.undo(in: a.edit).change) { b.receive(update) }
        #expect(a.edit.text.hasPrefix("start\n") && a.edit.text.hasSuffix("\nend"))
        #expect(a.edit.text.ranges(of: " B").count == 2_000)
        #expect(a.edit.dumpText == b.edit.dumpText)
    }

    @Test("Steps can be joined, and the oldest are forgotten")
    func joined() {
        var editor = Editor("A")
        editor.undo = EditUndo(source: source("A"), limit: 2)
        editor.type("x")
        editor.type("x\nw")
        for text in ["x\nwo", "x\nwor", "x\nword"] { editor.type(text, continuing: true) }
        #expect(editor.undo.undoCount == 2)
        editor.type("y")
        editor.write(editor.undo.undo(in: editor.edit).change)
        #expect(editor.edit.text == "x\nword")
        editor.write(editor.undo.undo(in: editor.edit).change)
        #expect(editor.edit.text == "x")
        #expect(editor.undo.undo(in: editor.edit).change == nil)
    }
}
