// SPDX-License-Identifier: MIT

import DequeModule
public import Scuttlebutt

/// Takes back own changes of a replicated text, and makes them again.
///
/// A value beside the text, which is not replicated: give it the changes as they are reported, and
/// write the payloads that it returns. Others see an undo as one more edit.
///
/// Only own changes are taken back, line by line. A line that somebody changed since is left as it
/// is, so that an undo never destroys the work of others; a line that was removed comes back at its
/// old place.
public struct EditUndo: Sendable {
    /// What one line was before and after.
    private struct Line {
        let key: PropertyKey
        let old: [UInt8]?
        let new: [UInt8]?
    }

    private typealias Step = [Line]

    private let source: Source
    private let limit: Int
    private var undone: [Step] = []
    private var done: Deque<Step> = []
    /// What the payload that was returned last will report.
    private var expected: [PropertyKey: [UInt8]?]?

    /// Makes an empty history.
    ///
    /// - Parameters:
    ///   - source: Whose changes are to be taken back.
    ///   - limit: How many steps are remembered; at least one.
    public init(source: Source, limit: Int = 1_000) {
        self.source = source
        self.limit = max(limit, 1)
    }

    /// How many steps there are to take back.
    public var undoCount: Int { done.count }

    /// How many steps there are to make again.
    public var redoCount: Int { undone.count }

    /// Remembers the changes of one write; those of others are left out.
    ///
    /// What an undo or a redo wrote is recognised and not remembered as a step of its own; any
    /// other own change ends the possibility of a redo.
    ///
    /// - Parameters:
    ///   - changes: As they were reported, in order.
    ///   - continuing: Whether to count them to the step before, so that a word that was typed
    ///     letter by letter is taken back at once.
    public mutating func record(_ changes: some Sequence<EditChange>, continuing: Bool = false) {
        let own = changes.filter { $0.stamp.source == source }
        guard !own.isEmpty else { return }
        let awaited = expected
        expected = nil
        if let awaited, own.count == awaited.count,
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

    /// A write that takes back the newest own step of which anything is left to take back.
    public mutating func undo(in edit: ReplicatedEdit) -> Payload? {
        while let step = done.popLast() {
            if let (reversed, payload) = reverse(step, in: edit) {
                undone.append(reversed)
                return payload
            }
        }
        return nil
    }

    /// A write that makes again what was taken back last.
    public mutating func redo(in edit: ReplicatedEdit) -> Payload? {
        while let step = undone.popLast() {
            if let (reversed, payload) = reverse(step, in: edit) {
                done.append(reversed)
                return payload
            }
        }
        return nil
    }

    /// The write that makes `new` into `old` again where `new` still stands.
    private mutating func reverse(_ step: Step, in edit: ReplicatedEdit) -> (Step, Payload)? {
        let lines = step.filter { line in
            edit.lines.rawValue(for: line.key) == line.new && line.old != line.new
        }.sorted { $0.key < $1.key }
        guard !lines.isEmpty else { return nil }
        expected = Dictionary(lines.map { ($0.key, $0.old) }, uniquingKeysWith: { $1 })
        let payload = ArrayCore.payload(lines.map { ($0.key, $0.old) })
        return (lines.map { Line(key: $0.key, old: $0.new, new: $0.old) }, payload)
    }

    /// Two steps as one: of each line what it was first and what it is last.
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
