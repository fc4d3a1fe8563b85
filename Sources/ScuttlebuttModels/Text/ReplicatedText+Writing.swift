// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension ReplicatedText {
    /// A write that inserts a text before the scalar at `position`; `nil` for an empty one.
    ///
    /// - Complexity: O(log n).
    public func makeInsert(_ text: String, at position: Int) -> Payload? {
        makeReplace(position..<position, with: text)
    }

    /// A write that deletes the scalars of a range; `nil` when there are none.
    ///
    /// - Complexity: O(log n + runs in the range).
    public func makeDelete(_ range: Range<Int>) -> Payload? { makeReplace(range, with: "") }

    /// A write that puts a text in the place of a range; `nil` when nothing would change.
    ///
    /// - Complexity: O(log n + runs in the range).
    public func makeReplace(_ range: Range<Int>, with text: String) -> Payload? {
        let operation = operation(replacing: range, with: text, counter: nextCounter)
        return operation.isEmpty ? nil : TextWire.payload([operation])
    }

    /// A write that makes the text into another one, one update for all that differs; `nil` when
    /// it is the same already.
    ///
    /// Scalars that both have stay what they are, so that cursors and what others do at the same
    /// time keep their places. Where hundreds of scalars differ, more may be replaced than need be.
    ///
    /// - Complexity: O(n + m) and as many times more as scalars differ, but for at most 256.
    public func makeSet(text: String) -> Payload? {
        let new = Array(text.unicodeScalars)
        let hunks = ScalarDiff.hunks(from: Array(document.text.unicodeScalars), to: new)
        var operations: [TextOperation] = []
        var counter = nextCounter
        // From the end on, so that the places before stay what they are.
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
