// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The undoing of a step that moved text between lines, some of which others have changed since.
///
/// Line by line, such text would be doubled or lost: it would come back where it was, and stay
/// where it went, in the line that is left alone. So the lines of the step, and those between them,
/// are merged as one text: what the undo changes, and what others changed since the step.
struct EditReversal {
    /// The update that undoes the step; `nil` if nothing is left to undo.
    let payload: [UInt8]?

    init(_ rows: EditUndo.Step, in edit: ReplicatedEdit) {
        guard let first = rows.first?.key, let last = rows.last?.key else {
            payload = nil
            return
        }
        let lines = Dictionary(rows.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        var (before, behind): ([UInt8], [UInt8]) = ([], [])
        var present: [PropertyKey: [UInt8]] = [:]
        for (key, item) in edit.lines.core.items {
            if key < first {
                item.appendText(to: &before)
            } else if last < key {
                item.appendText(to: &behind)
            } else {
                present[key] = item.bytes
            }
        }
        // The lines directly after the step, as the undo has them, and as they are.
        var (base, ours, theirs): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        var old: [(key: PropertyKey, text: [UInt8])] = []
        for key in Set(present.keys).union(lines.keys).sorted() {
            let now = Self.text(present[key])
            theirs += now
            base += lines[key].map { Self.text($0.new) } ?? now
            let own = lines[key].map { Self.text($0.old) } ?? now
            ours += own
            // An element that is not a string stays as it is.
            let isLine = (lines[key].map { $0.old } ?? present[key])?.first == UInt8(ascii: "\"")
            if isLine { old.append((key, own)) }
        }
        let merged = TextMerge.merged(base: base, ours: ours, theirs: theirs, .keepTheirs)
        guard merged != theirs else {
            payload = nil
            return
        }
        guard let elements = Self.elements(of: merged, like: old.map(\.text)) else {
            payload = edit.makeSet(bytes: before + merged + behind)
            return
        }
        // Lines come back under their old keys, where older steps look for them.
        var members = Dictionary(
            uniqueKeysWithValues: zip(old.map(\.key), elements.map { Optional($0) }))
        for row in rows where row.old == nil { members[row.key] = .some(nil) }
        let changed = members.filter { key, text in
            text.map { present[key] == nil || Self.text(present[key]) != $0 }
                ?? (present[key] != nil)
        }.sorted { $0.key < $1.key }
        payload =
            changed.isEmpty
            ? nil : ArrayCore.payload(changed.map { ($0.key, $0.value.map(Self.literal)) })
    }

    /// Cuts a text into elements that have their line feeds where the old ones have them; `nil` if
    /// it has more or fewer lines, or if the old elements are not lines.
    private static func elements(of text: [UInt8], like old: [[UInt8]]) -> [[UInt8]]? {
        let lines = TextLines.cut(text)
        var result: [[UInt8]] = []
        var (line, hasContent) = (0, false)
        for element in old {
            var content = element[...]
            let startsWithFeed =
                hasContent && content.first == 0x0A
                || result.isEmpty
                    && content.first == 0x0A && content.count > 1
            if startsWithFeed {
                content.removeFirst()
                // Nothing is in front of the first line feed.
                if result.isEmpty, lines.first?.isEmpty != true { return nil }
                line += 1
            } else if hasContent {
                return nil
            }
            let endsWithFeed = content.last == 0x0A
            if endsWithFeed { content.removeLast() }
            guard !content.contains(0x0A), line < lines.count else { return nil }
            result.append(
                (startsWithFeed ? [0x0A] : []) + lines[line] + (endsWithFeed ? [0x0A] : []))
            hasContent = !endsWithFeed
            if endsWithFeed { line += 1 }
        }
        // Behind a last line feed there is nothing either.
        guard result.joined().elementsEqual(text) else { return nil }
        return result
    }

    private static func literal(_ text: [UInt8]) -> [UInt8] {
        var literal: [UInt8] = []
        text.withUnsafeBufferPointer { JSONString.encode($0, into: &literal) }
        return literal
    }

    /// Whether the step moved text from lines of one group into lines of the other.
    static func hasMoved(between changed: EditUndo.Step, and intact: EditUndo.Step) -> Bool {
        guard !changed.isEmpty else { return false }
        let (a, b) = (pieces(changed), pieces(intact))
        return share(a.inserted, b.removed) || share(a.removed, b.inserted)
    }

    /// The most pairs of texts to compare; beyond that, text counts as moved, and is merged.
    private static let mostPairs = 1_000_000

    private static func share(_ left: [String], _ right: [String]) -> Bool {
        guard left.count * right.count <= mostPairs else { return true }
        return left.contains { one in right.contains { $0.contains(one) || one.contains($0) } }
    }

    /// The texts that a step took out of its lines and put into them, without blanks around them:
    /// the words that only the old or only the new line has, and what differs scalar by scalar.
    ///
    /// Either may miss something: a word may have been cut in two, and "bar baz" differs from "baz"
    /// by "r ba" as well.
    private static func pieces(
        _ step: EditUndo.Step
    ) -> (removed: [String], inserted: [String]) {
        var (removed, inserted): ([String], [String]) = ([], [])
        for line in step {
            let (old, new) = (scalars(line.old), scalars(line.new))
            let (before, after) = (words(old), words(new))
            removed += before.subtracting(after)
            inserted += after.subtracting(before)
            for hunk in ScalarDiff.hunks(from: old, to: new) {
                if let piece = trimmed(old[hunk.old]) { removed.append(piece) }
                if let piece = trimmed(new[hunk.new]) { inserted.append(piece) }
            }
        }
        return (removed, inserted)
    }

    private static func words(_ scalars: [Unicode.Scalar]) -> Set<String> {
        Set(
            scalars.split { $0.properties.isWhitespace }.map { word in
                var view = String.UnicodeScalarView()
                view.append(contentsOf: word)
                return String(view)
            })
    }

    private static func trimmed(_ scalars: ArraySlice<Unicode.Scalar>) -> String? {
        func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
        var rest = scalars.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        guard !rest.isEmpty else { return nil }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: rest)
        return String(view)
    }

    private static func scalars(_ json: [UInt8]?) -> [Unicode.Scalar] {
        Array(String(decoding: text(json), as: UTF8.self).unicodeScalars)
    }

    private static func text(_ json: [UInt8]?) -> [UInt8] {
        guard let json, json.first == UInt8(ascii: "\"") else { return [] }
        return json.withUnsafeBufferPointer { try? JSONString.decoded($0, at: 0) } ?? []
    }
}
