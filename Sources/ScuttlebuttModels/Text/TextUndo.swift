// SPDX-License-Identifier: MIT

import DequeModule
public import Scuttlebutt

/// Undoes and redoes own edits of a ``TextDocument`` or a ``ReplicatedText``.
///
/// It is a value beside the text and is not replicated: record each own edit before it is applied,
/// and apply the edits that it makes. Other peers see an undo as one more edit.
///
/// What an edit inserted is deleted again, as far as others have not, and what it deleted is
/// inserted again at its old place; what others typed in between stays. Pitfall: text that two
/// people deleted at the same time comes back twice if both undo it.
public struct TextUndo: Sendable {
    /// Scalars that a step deleted.
    struct Removal: Sendable {
        var run: TextRun
        let text: String
    }

    struct Step: Sendable {
        var inserted: [TextRun]
        var removed: [Removal]
    }

    private let source: Source
    private let limit: Int
    private var undone: [Step] = []
    private var done: Deque<Step> = []
    /// The latest edit that was made here, which is not a step of its own.
    private var expected: [TextOperation]?

    /// Creates an empty history.
    ///
    /// - Parameters:
    ///   - source: Whose edits to undo.
    ///   - limit: How many steps to remember; at least one.
    public init(source: Source, limit: Int = 1_000) {
        self.source = source
        self.limit = max(limit, 1)
    }

    /// The number of steps that can be undone.
    public var undoCount: Int { done.count }

    /// The number of steps that can be redone.
    public var redoCount: Int { undone.count }

    // MARK: Recording

    /// Records one edit, ignoring what others did.
    ///
    /// An edit that an undo or a redo made is recognised and does not become a step. Any other own
    /// edit discards what could be redone.
    ///
    /// - Parameters:
    ///   - operations: The operations of the edit, in order.
    ///   - document: The text *before* they are applied to it, because deleted text is not kept.
    ///   - continuing: Whether to add them to the previous step, so that a word that was typed
    ///     letter by letter is undone at once.
    public mutating func record(
        _ operations: [TextOperation], in document: TextDocument, continuing: Bool = false
    ) {
        let own = operations.filter { $0.source == source && !$0.isEmpty }
        guard !own.isEmpty else { return }
        let awaited = expected
        expected = nil
        if own == awaited { return }
        undone = []
        var document = document
        var step = Step(inserted: [], removed: [])
        for operation in own {
            if let insertion = operation.insertion {
                let end = insertion.start + insertion.text.unicodeScalars.count
                step.inserted.append(
                    TextRun(source: source, counters: insertion.start..<end))
            }
            for run in operation.deletions {
                step.removed += document.visibleParts(of: run)
                    .map { Removal(run: $0.run, text: $0.text) }
            }
        }
        if continuing, let last = done.popLast() {
            step.inserted = last.inserted + step.inserted
            step.removed = last.removed + step.removed
        }
        done.append(step)
        if done.count > limit { done.removeFirst(done.count - limit) }
    }

    /// Records one edit of a replicated text.
    ///
    /// - Parameters:
    ///   - payload: What a `make…` method of the text returned.
    ///   - text: The text *before* the payload is applied to it.
    ///   - continuing: Whether to add it to the previous step.
    public mutating func record(
        _ payload: Payload, in text: ReplicatedText, continuing: Bool = false
    ) {
        let update = Update(payload: payload, timestamp: .maximum, source: source)
        record(
            TextWire.operations(update) ?? [], in: text.document, continuing: continuing)
    }

    // MARK: Undoing

    /// The operations that undo the newest own step, as far as anything is left of it.
    ///
    /// Apply them in order. A step of which others left nothing is taken off and
    /// ``UndoOutcome/skipped``; call again for the step before it.
    ///
    /// - Complexity: O(runs of the step · log n), and O(steps) to keep older steps up to date.
    public mutating func undo(in document: TextDocument) -> UndoOutcome<[TextOperation]> {
        undo(in: document, counter: document.nextCounter(of: source))
    }

    /// The operations that redo the latest undone step; see ``undo(in:)-(TextDocument)``.
    public mutating func redo(in document: TextDocument) -> UndoOutcome<[TextOperation]> {
        redo(in: document, counter: document.nextCounter(of: source))
    }

    /// The payload that undoes the newest own step; see ``undo(in:)-(TextDocument)``.
    public mutating func undo(in text: ReplicatedText) -> UndoOutcome<Payload> {
        undo(in: text.document, counter: text.nextCounter).map { TextWire.payload($0) }
    }

    /// The payload that redoes the latest undone step; see ``undo(in:)-(TextDocument)``.
    public mutating func redo(in text: ReplicatedText) -> UndoOutcome<Payload> {
        redo(in: text.document, counter: text.nextCounter).map { TextWire.payload($0) }
    }

    private mutating func undo(
        in document: TextDocument, counter: Int
    ) -> UndoOutcome<[TextOperation]> {
        guard let step = done.popLast() else { return .nothing }
        guard let reversal = take(TextReversal(step, of: source, in: document, counter: counter))
        else { return .skipped }
        undone.append(reversal.step)
        return .change(reversal.operations)
    }

    private mutating func redo(
        in document: TextDocument, counter: Int
    ) -> UndoOutcome<[TextOperation]> {
        guard let step = undone.popLast() else { return .nothing }
        guard let reversal = take(TextReversal(step, of: source, in: document, counter: counter))
        else { return .skipped }
        done.append(reversal.step)
        return .change(reversal.operations)
    }

    /// Follows the new identities of text that comes back, in all other steps.
    private mutating func take(_ reversal: TextReversal) -> TextReversal? {
        guard !reversal.operations.isEmpty else { return nil }
        expected = reversal.operations
        for renaming in reversal.renamings {
            for index in undone.indices { undone[index].rename(renaming) }
            for index in done.indices { done[index].rename(renaming) }
        }
        return reversal
    }
}

extension UndoOutcome {
    /// The same with another form of the change.
    func map<Other: Sendable>(_ form: (Change) -> Other) -> UndoOutcome<Other> {
        switch self {
        case .change(let change): .change(form(change))
        case .skipped: .skipped
        case .nothing: .nothing
        }
    }
}
