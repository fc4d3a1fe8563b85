// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension ReplicatedText {
    /// Creates the update that inserts a text before the scalar at `position`; `nil` if the text is
    /// empty.
    ///
    /// - Complexity: O(log n).
    public func makeInsert(_ text: String, at position: Int) -> Payload? {
        makeReplace(position..<position, with: text)
    }

    /// Creates the update that deletes a range of scalars; `nil` if the range is empty.
    ///
    /// - Complexity: O(log n + runs in the range).
    public func makeDelete(_ range: Range<Int>) -> Payload? { makeReplace(range, with: "") }

    /// Creates the update that replaces a range with a text; `nil` if nothing would change.
    ///
    /// - Complexity: O(log n + runs in the range).
    public func makeReplace(_ range: Range<Int>, with text: String) -> Payload? {
        let operation = operation(replacing: range, with: text, counter: nextCounter)
        return operation.isEmpty ? nil : TextWire.payload([operation])
    }

    /// Creates the update that changes the whole text into another one; `nil` if it is unchanged.
    ///
    /// Scalars that both texts share keep their identities, so cursors and concurrent edits keep
    /// their places. If hundreds of scalars differ, more than necessary may be replaced.
    ///
    /// - Complexity: O((n + m) · d) for d scalars that differ, at most 256 of them.
    public func makeSet(text: String) -> Payload? {
        let new = Array(text.unicodeScalars)
        let hunks = ScalarDiff.hunks(from: Array(document.text.unicodeScalars), to: new)
        var operations: [TextOperation] = []
        var counter = nextCounter
        // From the end backwards, so that earlier positions stay valid.
        for hunk in hunks.reversed() {
            var inserted = String.UnicodeScalarView()
            inserted.append(contentsOf: new[hunk.new])
            let operation = operation(
                replacing: hunk.old, with: String(inserted), counter: counter)
            counter += hunk.new.count
            operations.append(operation)
        }
        return operations.isEmpty ? nil : TextWire.payload(operations)
    }

    /// Creates the update that makes the changes that lead from one text to another; `nil` if they
    /// change nothing.
    ///
    /// What arrived since `base` stays, which ``makeSet(text:)`` would remove.
    ///
    /// - Parameters:
    ///   - text: The new text.
    ///   - base: The text that the new one was made from: the value of ``text`` when a person or a
    ///     program began to edit it.
    /// - Complexity: As ``makeSet(text:)``, for three texts.
    public func makeSet(text: String, from base: String) -> Payload? {
        let merged = TextMerge.merged(
            base: Array(base.utf8), ours: Array(text.utf8), theirs: document.utf8, .keepBoth)
        return makeSet(text: String(decoding: merged, as: UTF8.self))
    }

    private func operation(
        replacing range: Range<Int>, with text: String, counter: Int
    ) -> TextOperation {
        let operation = document.makeReplace(
            range.clamped(to: 0..<document.count), with: text, by: source)
        guard let insertion = operation.insertion, insertion.start != counter else {
            return operation
        }
        return TextOperation(
            source: source,
            insertion: TextOperation.Insertion(
                start: counter, parent: insertion.parent, side: insertion.side,
                text: insertion.text), deletions: operation.deletions)
    }
}
