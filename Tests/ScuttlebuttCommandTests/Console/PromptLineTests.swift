// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import ScuttlebuttCommand

@Suite("PromptLine", .timeLimit(.minutes(20)))
struct PromptLineTests {
    private func editor(_ text: String) -> LineEditor {
        var editor = LineEditor()
        _ = editor.press(.text(text))
        return editor
    }

    @Test("What arrives appears above the line, which stays as it was")
    func output() {
        var (line, screen) = (PromptLine(prompt: "> ", width: 40), Screen(width: 40))
        var editor = editor("say hel")
        _ = editor.press(.left)
        screen.draw(line.drawing(editor))
        #expect(screen.text == ["> say hel"])
        #expect(screen.column == 8)
        screen.draw(line.printing("Ada: one\nAda: two", editor))
        #expect(screen.text == ["Ada: one", "Ada: two", "> say hel"])
        #expect(screen.column == 8)
        screen.draw(line.erasing())
        #expect(screen.text == ["Ada: one", "Ada: two"])
        #expect(screen.faults == [])
    }

    @Test("A line longer than the terminal is shown around the cursor, in one row")
    func long() {
        var (line, screen) = (PromptLine(prompt: "> ", width: 20), Screen(width: 20))
        var editor = editor("0123456789abcdefghijklmnopqrstuvwxyz")
        screen.draw(line.drawing(editor))
        #expect(screen.text == ["> jklmnopqrstuvwxyz"])
        #expect(screen.column == 19)
        _ = editor.press(.home)
        screen.draw(line.drawing(editor))
        #expect(screen.text == ["> 0123456789abcdefg"])
        #expect(screen.column == 2)
    }

    @Test("Wide characters and marks take the cells that they take")
    func wide() {
        var (line, screen) = (PromptLine(prompt: "> ", width: 40), Screen(width: 40))
        var editor = editor("日本e\u{301}👩‍👩‍👧!")
        screen.draw(line.drawing(editor))
        #expect(screen.column == 2 + 4 + 1 + 2 + 1)
        for _ in 0..<2 { _ = editor.press(.left) }
        screen.draw(line.drawing(editor))
        #expect(screen.column == 2 + 4 + 1)
        #expect(screen.text == ["> 日本e\u{301}👩‍👩‍👧!"])
    }

    @Test(
        "Whatever is typed, the row is one, and the cursor in it",
        arguments: 0..<50 as Range<UInt64>)
    func always(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let width = Int.random(in: 1...30, using: &random)
        var line = PromptLine(prompt: "> ", width: width)
        var (screen, editor) = (Screen(width: width), LineEditor())
        let keys: [Key] = [
            .text("a"), .text("日"), .text("e\u{301}"), .text("word "), .text("👍🏽"), .left, .right,
            .home, .end, .backspace, .delete, .killWord, .wordLeft, .wordRight,
        ]
        for _ in 0..<200 {
            _ = editor.press(keys.randomElement(using: &random) ?? .end)
            screen.draw(line.drawing(editor))
            #expect(screen.rows.count == 1)
            #expect(screen.column < max(width, 1))
        }
        #expect(screen.faults == [])
    }

    @Test("A window that became narrower leaves no part of the old row behind")
    func resize() {
        var line = PromptLine(prompt: "> ", width: 40)
        let editor = editor("0123456789abcdefghijklmnopqrs")
        // As terminals do it, the row of 31 columns is broken into four of 10.
        var screen = Screen(width: 10)
        screen.draw("above\n> 0123456789abcdefghijklmnopqrs")
        _ = line.drawing(editor)
        screen.draw(line.resizing(to: 10, editor))
        #expect(screen.text == ["above", "> mnopqrs"])
        #expect(screen.faults == [])
    }
}

@Suite("TerminalText", .timeLimit(.minutes(20)))
struct TerminalTextTests {
    @Test(
        "Nothing that a stranger wrote can do anything to a terminal",
        arguments: [
            ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{1B}]0;title\u{07}", "\\u{1B}]0;title\\u{7}"),
            ("a\rb", "a\\u{D}b"), ("a\u{08}b", "a\\u{8}b"), ("\u{9B}31m", "\\u{9B}31m"),
            ("\u{7F}", "\\u{7F}"), ("\u{202E}abc", "\\u{202E}abc"), ("\u{2066}x", "\\u{2066}x"),
            ("a\u{200B}b", "a\\u{200B}b"), ("\u{0}", "\\u{0}"), ("\t", "\\u{9}"),
            ("\u{E0041}\u{E0001}", "\u{E0041}\\u{E0001}"), ("plain ünï 日本 👩‍👩‍👧", "plain ünï 日本 👩‍👩‍👧"),
            ("two\nlines", "two\nlines"),
        ])
    func hostile(text: String, shown: String) {
        #expect(TerminalText.shown(text) == shown)
    }

    @Test("A label is one line of bounded length")
    func label() {
        #expect(TerminalText.label("a\nb", limit: 9) == "a\\u{A}b")
        #expect(TerminalText.label("abcdef", limit: 3) == "abc…")
        let marks = "e" + String(repeating: "\u{301}", count: 10_000)
        #expect(
            TerminalText.label(marks, limit: 3).unicodeScalars.count == TerminalText.scalarLimit)
    }

    @Test(
        "Characters take the cells that terminals give them",
        arguments: [
            ("a", 1), ("é", 1), ("e\u{301}", 1), ("日", 2), ("ｱ", 1), ("Ａ", 2), ("한", 2),
            ("👍🏽", 2), ("👩‍👩‍👧", 2), ("☎\u{FE0F}", 2), ("☎", 1), ("🇨🇭", 2), ("\u{200D}", 0),
            ("א", 1),
        ])
    func widths(character: Character, cells: Int) {
        #expect(CellWidth.of(character) == cells)
    }
}
