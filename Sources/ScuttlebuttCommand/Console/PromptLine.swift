// SPDX-License-Identifier: MIT

/// How the line that is being edited looks on a terminal: always in one row, of which it shows the
/// part around the cursor.
struct PromptLine {
    /// The width of a terminal that does not say it.
    static let usualWidth = 80

    /// What stands before the line.
    let prompt: String
    /// How many columns the terminal has.
    private(set) var width: Int
    /// The column of the cursor; 0 while nothing is drawn.
    private var column = 0

    init(prompt: String, width: Int = PromptLine.usualWidth) {
        self.prompt = prompt
        self.width = max(width, 1)
    }

    /// Takes away what is drawn.
    mutating func erasing() -> String {
        defer { column = 0 }
        // A terminal that became narrower has broken the row into several.
        let rows = column / width
        return "\r" + (rows > 0 ? "\u{1B}[\(rows)A" : "") + "\u{1B}[J"
    }

    /// Draws the prompt and the line in the row of the cursor.
    mutating func drawing(_ editor: LineEditor) -> String {
        // One column stays free, because a terminal moves on when its last column is written.
        var room = width - 1
        let shownPrompt = CellWidth.of(prompt) + 4 <= room ? prompt : ""
        let start = CellWidth.of(shownPrompt)
        room -= start
        let (shown, before) = PromptLine.window(editor, room)
        column = start + before
        let move = column > 0 ? "\u{1B}[\(column)C" : ""
        return "\r\u{1B}[K" + shownPrompt + String(shown) + "\r" + move
    }

    /// Takes away the row, prints lines where it was, and draws it below them.
    mutating func printing(_ lines: String, _ editor: LineEditor) -> String {
        erasing() + lines + "\n" + drawing(editor)
    }

    /// Draws the row again for another width.
    mutating func resizing(to width: Int, _ editor: LineEditor) -> String {
        self.width = max(width, 1)
        return erasing() + drawing(editor)
    }

    /// The part of the line that fits, and the width of what is before the cursor in it.
    private static func window(
        _ editor: LineEditor, _ room: Int
    ) -> (shown: ArraySlice<Character>, before: Int) {
        let (characters, cursor) = (editor.characters, editor.cursor)
        let widths = characters.map { CellWidth.of($0) }
        var (first, last) = (cursor, cursor)
        var (before, behind) = (0, 0)
        // A few characters behind the cursor stay visible.
        let least = min(widths[cursor...].reduce(0, +), room / 4)
        while first > 0, before + widths[first - 1] + least <= room {
            first -= 1
            before += widths[first]
        }
        while last < characters.count, before + behind + widths[last] <= room {
            behind += widths[last]
            last += 1
        }
        return (characters[first..<last], before)
    }
}
