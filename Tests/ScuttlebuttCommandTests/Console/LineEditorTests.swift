// SPDX-License-Identifier: MIT

import Testing

@testable import ScuttlebuttCommand

@Suite("LineEditor", .timeLimit(.minutes(20)))
struct LineEditorTests {
    /// An editor in which this was typed; `|` is where the cursor is put.
    private func editor(_ text: String) -> LineEditor {
        var editor = LineEditor()
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        _ = editor.press(.text(parts.joined()))
        if parts.count > 1 { for _ in parts[1] { _ = editor.press(.left) } }
        return editor
    }

    private func shown(_ editor: LineEditor) -> String {
        String(editor.characters[..<editor.cursor]) + "|"
            + String(editor.characters[editor.cursor...])
    }

    @Test(
        "Each key changes the line as people expect",
        arguments: [
            ("ab|cd", Key.text("X"), "abX|cd"), ("ab|cd", .left, "a|bcd"), ("|ab", .left, "|ab"),
            ("ab|cd", .right, "abc|d"), ("ab|", .right, "ab|"), ("ab|cd", .home, "|abcd"),
            ("ab|cd", .end, "abcd|"), ("ab|cd", .backspace, "a|cd"), ("|ab", .backspace, "|ab"),
            ("ab|cd", .delete, "ab|d"), ("ab|", .delete, "ab|"), ("ab|cd", .endOfInput, "ab|d"),
            ("ab|cd", .killToEnd, "ab|"), ("ab|cd", .killToStart, "|cd"),
            ("say one two|", .killWord, "say one |"), ("say one  |x", .killWord, "say |x"),
            ("|x", .killWord, "|x"), ("say one| two", .wordLeft, "say |one two"),
            ("say| one two", .wordRight, "say one| two"), ("|", .backspace, "|"),
            ("日本|語", .backspace, "日|語"), ("👩‍👩‍👧|x", .backspace, "|x"),
            ("e|x", .text("\u{301}"), "e\u{301}|x"), ("e\u{301}|x", .backspace, "|x"),
        ])
    func keys(before: String, key: Key, after: String) {
        var editor = editor(before)
        #expect(editor.press(key) == nil)
        #expect(shown(editor) == after)
    }

    @Test("Enter hands out the line and begins a new one")
    func enter() {
        var editor = editor("say hel|lo")
        #expect(editor.press(.enter) == .line("say hello"))
        #expect(shown(editor) == "|")
    }

    @Test("Ctrl-D leaves only where nothing is typed")
    func leaving() {
        var empty = LineEditor()
        #expect(empty.press(.endOfInput) == .endOfInput)
        var typed = editor("a|")
        #expect(typed.press(.endOfInput) == nil)
    }

    @Test("Earlier lines come back, and then the new one")
    func history() {
        var editor = LineEditor()
        for line in ["one", "two", "two", "", "  "] {
            _ = editor.press(.text(line))
            _ = editor.press(.enter)
        }
        #expect(editor.history == ["one", "two"], "neither repetitions nor blanks")
        _ = editor.press(.text("dra"))
        #expect(editor.press(.down) == .refused)
        for expected in ["two", "one"] {
            #expect(editor.press(.up) == nil)
            #expect(editor.text == expected)
        }
        #expect(editor.press(.up) == .refused)
        _ = editor.press(.text("!"))
        #expect(editor.press(.enter) == .line("one!"), "a changed earlier line is a new one")
        #expect(editor.history == ["one", "two", "one!"])
        _ = editor.press(.text("x"))
        for key in [Key.up, .up, .down, .down] { _ = editor.press(key) }
        #expect(editor.text == "x")
    }

    @Test("What is kept is bounded")
    func bounds() {
        var editor = LineEditor()
        for number in 0..<(LineEditor.historyLimit + 50) {
            _ = editor.press(.text("\(number)"))
            _ = editor.press(.enter)
        }
        #expect(editor.history.count == LineEditor.historyLimit)
        #expect(editor.history.first == "50")
        let huge = String(repeating: "x", count: LineEditor.characterLimit + 1)
        #expect(editor.press(.text(huge)) == .refused)
        #expect(editor.characters.count == LineEditor.characterLimit)
        #expect(editor.press(.text("y")) == .refused)
        #expect(editor.characters.count == LineEditor.characterLimit)
        _ = editor.press(.enter)
        #expect(editor.history.last == "249", "a huge line is not kept among the earlier ones")
    }

    @Test("The tab key completes a command as far as it is certain")
    func completion() {
        var editor = LineEditor()
        editor.words = ["say", "state", "status", "who"]
        _ = editor.press(.text("w"))
        #expect(editor.press(.tab) == nil)
        #expect(shown(editor) == "who |")
        #expect(editor.press(.tab) == .refused, "an argument is not completed")
        _ = editor.press(.killToStart)
        _ = editor.press(.text("st"))
        #expect(editor.press(.tab) == nil)
        #expect(shown(editor) == "stat|")
        #expect(editor.press(.tab) == .choices(["state", "status"]))
        _ = editor.press(.text("x"))
        #expect(editor.press(.tab) == .refused)
    }
}
