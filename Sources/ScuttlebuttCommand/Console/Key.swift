// SPDX-License-Identifier: MIT

/// What a person did on the keyboard.
enum Key: Equatable {
    /// One or more characters that were typed or pasted, without control characters.
    case text(String)
    case enter, tab, backspace, delete
    case left, right, wordLeft, wordRight, home, end
    case up, down
    /// Erases from the cursor to the end (Ctrl-K).
    case killToEnd
    /// Erases from the beginning to the cursor (Ctrl-U).
    case killToStart
    /// Erases the word before the cursor (Ctrl-W).
    case killWord
    /// Leaves, if nothing was typed; otherwise the same as ``delete`` (Ctrl-D).
    case endOfInput
    /// Draws everything again (Ctrl-L).
    case redraw
}
