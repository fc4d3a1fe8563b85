// SPDX-License-Identifier: MIT

/// A line that a person edits, and the lines before it: keys in, finished lines out.
///
/// A value without input or output; ``PromptLine`` draws it.
struct LineEditor {
    /// What a key led to, beside a changed line.
    enum Outcome: Equatable {
        /// The line is finished, and a new one begins.
        case line(String)
        /// The person leaves.
        case endOfInput
        /// Nothing could be done: the line is full, or there is nothing to complete.
        case refused
        /// Several words are possible.
        case choices([String])
        /// Everything is to be drawn again.
        case redraw
    }

    /// The maximum number of characters in a line; what goes beyond is refused.
    static let characterLimit = 8_192
    /// The maximum number of earlier lines that are kept; the oldest gives way.
    static let historyLimit = 200
    /// A line with more characters is not kept among the earlier ones.
    static let historyCharacterLimit = 2_048

    /// The words that a line may begin with, for the tab key.
    var words: [String] = []

    /// The line.
    private(set) var characters: [Character] = []
    /// How many characters are before the cursor.
    private(set) var cursor = 0
    /// The earlier lines, the oldest first.
    private(set) var history: [String] = []
    /// Which of the earlier lines is shown; `history.count` for the new one.
    private var place = 0
    /// The new line, while an earlier one is shown.
    private var draft: [Character] = []

    /// The line as text.
    var text: String { String(characters) }

    /// Does what a key asks for; returns `nil` if that only changed the line.
    ///
    /// - Complexity: O(n) in the length of the line.
    mutating func press(_ key: Key) -> Outcome? {
        switch key {
        case .text(let text): return insert(text)
        case .enter: return finish()
        case .tab: return complete()
        case .endOfInput where characters.isEmpty: return .endOfInput
        case .endOfInput, .delete: erase(cursor..<min(cursor + 1, characters.count))
        case .backspace: erase(max(cursor - 1, 0)..<cursor)
        case .left: cursor = max(cursor - 1, 0)
        case .right: cursor = min(cursor + 1, characters.count)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .up: return show(place - 1)
        case .down: return show(place + 1)
        case .killToEnd: erase(cursor..<characters.count)
        case .killToStart: erase(0..<cursor)
        case .killWord: erase(wordStart..<cursor)
        case .redraw: return .redraw
        }
        return nil
    }

    private mutating func insert(_ text: String) -> Outcome? {
        // A mark joins the character before it, and that may join the one behind.
        let start = max(cursor - 1, 0)
        let before = String(characters[start..<cursor])
        let room = LineEditor.characterLimit - characters.count
        let new = Array(before + text.prefix(room))
        characters.replaceSubrange(start..<cursor, with: new)
        cursor = start + new.count
        return text.count > room ? .refused : nil
    }

    private mutating func erase(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func finish() -> Outcome {
        let line = text
        let isWorthKeeping =
            characters.contains { $0 != " " } && history.last != line
            && characters.count <= LineEditor.historyCharacterLimit
        if isWorthKeeping {
            history.append(line)
            if history.count > LineEditor.historyLimit { history.removeFirst() }
        }
        (characters, draft, cursor, place) = ([], [], 0, history.count)
        return .line(line)
    }

    /// Shows an earlier line; the new one comes back behind the last of them.
    private mutating func show(_ number: Int) -> Outcome? {
        guard (0...history.count).contains(number) else { return .refused }
        if place == history.count { draft = characters }
        place = number
        characters = number == history.count ? draft : Array(history[number])
        cursor = characters.count
        return nil
    }

    /// Completes the first word as far as it is certain.
    private mutating func complete() -> Outcome? {
        let start = String(characters[..<cursor])
        guard !start.isEmpty, !start.contains(" ") else { return .refused }
        let matches = words.filter { $0.hasPrefix(start) }
        guard let first = matches.first else { return .refused }
        if matches.count == 1 { return insert(first.dropFirst(start.count) + " ") }
        let common = matches.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        guard common.count > start.count else { return .choices(matches) }
        return insert(String(common.dropFirst(start.count)))
    }

    private var wordStart: Int {
        let before = characters[..<cursor]
        guard let end = before.lastIndex(where: { $0 != " " }) else { return 0 }
        return before[...end].lastIndex(of: " ").map { $0 + 1 } ?? 0
    }

    private var wordEnd: Int {
        guard let start = characters[cursor...].firstIndex(where: { $0 != " " }) else {
            return characters.count
        }
        return characters[start...].firstIndex(of: " ") ?? characters.count
    }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
