// SPDX-License-Identifier: MIT

import DequeModule
public import Scuttlebutt

/// Undoes and redoes own changes of a replicated text.
///
/// It is a value beside the text and is not replicated: record the reported changes and write the
/// payloads that it returns. Other peers see an undo as one more edit.
///
/// Only own changes are undone, line by line. A line that somebody has changed since is left alone,
/// so that an undo never destroys the work of others. A line that was removed comes back at its old
/// place. If the step had moved text between a line that was changed since and others, as splitting
/// and joining lines does, it is undone scalar by scalar, so that no text is doubled or lost.
public struct EditUndo: Sendable {
    /// One line before and after a step.
    struct Line {
        let key: PropertyKey
        let old: [UInt8]?
        let new: [UInt8]?
    }

    typealias Step = [Line]

    private let source: Source
    private let limit: Int
    private var undone: [Step] = []
    private var done: Deque<Step> = []
    /// The changes that the latest returned payload will report.
    private var expected: [PropertyKey: [UInt8]?]?

    /// Creates an empty history.
    ///
    /// - Parameters:
    ///   - source: Whose changes to undo.
    ///   - limit: How many steps to remember; at least one.
    public init(source: Source, limit: Int = 1_000) {
        self.source = source
        self.limit = max(limit, 1)
    }

    /// The number of steps that can be undone.
    public var undoCount: Int { done.count }

    /// The number of steps that can be redone.
    public var redoCount: Int { undone.count }

    /// Records the changes of one write, ignoring those of others.
    ///
    /// The changes of an undo or a redo are recognised and do not become a step. Any other own
    /// change discards what could be redone.
    ///
    /// - Parameters:
    ///   - changes: The reported changes, in order.
    ///   - continuing: Whether to add them to the previous step, so that a word that was typed
    ///     letter by letter is undone at once.
    public mutating func record(_ changes: some Sequence<EditChange>, continuing: Bool = false) {
        let own = changes.filter { $0.stamp.source == source }
        guard !own.isEmpty else { return }
        let awaited = expected
        expected = nil
        // A change that does not change the text, such as an empty line's, is not reported.
        if let awaited, own.count <= awaited.count,
            own.allSatisfy({ awaited[$0.line.key] == .some($0.line.new) })
        {
            return
        }
        undone = []
        let step = own.map { Line(key: $0.line.key, old: $0.line.old, new: $0.line.new) }
        if continuing, let last = done.popLast() {
            done.append(Self.joined(last, step))
        } else {
            done.append(step)
        }
        if done.count > limit { done.removeFirst(done.count - limit) }
    }

    /// The payload that undoes the newest own step, as far as anything is left of it.
    ///
    /// A step of which others left nothing is taken off and ``UndoOutcome/skipped``; call again for
    /// the step before it.
    public mutating func undo(in edit: ReplicatedEdit) -> UndoOutcome<Payload> {
        guard let step = done.popLast() else { return .nothing }
        guard let (reversed, payload) = reverse(step, in: edit) else { return .skipped }
        undone.append(reversed)
        return .change(payload)
    }

    /// The payload that redoes the latest undone step; see ``undo(in:)``.
    public mutating func redo(in edit: ReplicatedEdit) -> UndoOutcome<Payload> {
        guard let step = undone.popLast() else { return .nothing }
        guard let (reversed, payload) = reverse(step, in: edit) else { return .skipped }
        done.append(reversed)
        return .change(payload)
    }

    /// The payload that restores the old lines wherever the new ones are still present.
    private mutating func reverse(_ step: Step, in edit: ReplicatedEdit) -> (Step, Payload)? {
        let rows = step.filter { $0.old != $0.new }.sorted { $0.key < $1.key }
        let intact = rows.filter { edit.lines.rawValue(for: $0.key) == $0.new }
        guard !intact.isEmpty else { return nil }
        let changed = rows.filter { edit.lines.rawValue(for: $0.key) != $0.new }
        if EditReversal.hasMoved(between: changed, and: intact) {
            guard let payload = EditReversal(rows, in: edit).payload else { return nil }
            let members = ArrayCore.members(of: payload) ?? []
            let reversed = members.map { member in
                Line(
                    key: member.key, old: edit.lines.rawValue(for: member.key),
                    new: member.isNull ? nil : Array(payload[member.value]))
            }
            expected = Dictionary(
                reversed.map { ($0.key, $0.new) }, uniquingKeysWith: { $1 })
            return (reversed, payload)
        }
        expected = Dictionary(intact.map { ($0.key, $0.old) }, uniquingKeysWith: { $1 })
        let payload = ArrayCore.payload(intact.map { ($0.key, $0.old) })
        return (intact.map { Line(key: $0.key, old: $0.new, new: $0.old) }, payload)
    }

    /// Combines two steps: for each line, its first old state and its last new state.
    private static func joined(_ first: Step, _ second: Step) -> Step {
        var lines = first
        for line in second {
            if let place = lines.firstIndex(where: { $0.key == line.key }) {
                lines[place] = Line(key: line.key, old: lines[place].old, new: line.new)
            } else {
                lines.append(line)
            }
        }
        return lines
    }
}
