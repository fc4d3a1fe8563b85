// SPDX-License-Identifier: MIT

package import Rewind
package import Scuttlebutt

/// A history, and in agreed order what is not folded into it yet, so that a long replay is done in
/// parts between which the page draws and hears its user.
///
/// Invariant: once the history is level, everything in it comes before everything that waits.
package struct FoldQueue<Model: PageModel> {
    package typealias Entry = HistoryEntry<Model.Action>

    package private(set) var history: History<Model.State, Model.Action>
    private var waiting: [Entry] = []
    /// How many of `waiting` are folded already.
    private var start = 0
    /// Whether nothing that waits belongs before the head of the history.
    private(set) var isLevel = true

    package init() {
        history = FoldQueue.history(at: 0)
    }

    private static func history(at place: Int32) -> History<Model.State, Model.Action> {
        History(
            base: Model.initial(at: place),
            reducer: HistoryReducer(reporting: { Model.reduce(&$0, $1, $2) }))
    }

    /// How many actions wait to be folded.
    package var count: Int { waiting.count - start }

    /// Whether the next call of ``fold(_:)`` with this limit takes nothing back and leaves nothing.
    package func isFolded(by limit: Int) -> Bool { isLevel && count <= max(1, limit) }

    /// The newest stamp, folded or not.
    package var newest: Stamp? {
        guard let last = waiting.last?.anchorStamp else { return history.newest }
        // What waits may all belong before the head of the history.
        return history.newest.map { max($0, last) } ?? last
    }

    /// Adds an action that stays here, after everything that is known now.
    package mutating func append(local action: Model.Action) {
        waiting.append(Entry(local: action, anchor: newest))
    }

    /// Adds accepted actions, in any order; none of them is here already.
    package mutating func add(_ batch: [Entry]) {
        let batch = History<Model.State, Model.Action>.ascending(batch)
        guard let first = batch.first?.stamp else { return }
        let last = waiting.last?.anchorStamp
        if history.depth(of: first) > 0 { isLevel = false }
        if last.map({ $0 < first }) ?? true {
            waiting.append(contentsOf: batch)
        } else {
            waiting = FoldQueue.merged(waiting[start...], batch)
            start = 0
        }
    }

    /// Takes an action out, as if it had never been.
    package mutating func remove(_ stamp: Stamp) {
        if waiting[start...].contains(where: { $0.stamp == stamp }) {
            waiting.removeAll { $0.stamp == stamp }
        } else {
            var removed = history.rewind(before: stamp)
            removed.removeAll { $0.stamp == stamp }
            waiting = FoldQueue.merged(removed[...], Array(waiting[start...]))
            start = 0
        }
    }

    /// Folds at least one and at most `limit` of the actions that wait, beside what a rewind costs.
    ///
    /// - Returns: How many entries had to be taken back, to be folded again, and for which stamp.
    package mutating func fold(_ limit: Int) -> (depth: Int, cause: Stamp?) {
        guard start < waiting.count else { return (0, nil) }
        var (depth, cause): (Int, Stamp?) = (0, nil)
        if !isLevel, let first = waiting[start...].first(where: { !$0.isLocal })?.stamp {
            (depth, cause) = (history.depth(of: first), first)
            let removed = history.rewind(before: first)
            waiting = FoldQueue.merged(removed[...], Array(waiting[start...]))
            start = 0
        }
        isLevel = true
        let end = start + min(max(1, limit), waiting.count - start)
        if end - start == 1, let stamp = waiting[start].stamp {
            history.insert(waiting[start].action, at: stamp)
        } else {
            history.merge(Array(waiting[start..<end]))
        }
        start = end
        if start == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.count < 1_024)
            start = 0
        }
        return (depth, cause)
    }

    /// Begins anew from another state: everything waits to be folded again.
    package mutating func restart(at place: Int32) {
        let all = history.rewind(before: nil)
        waiting = FoldQueue.merged(all[...], Array(waiting[start...]))
        start = 0
        isLevel = true
        history = FoldQueue.history(at: place)
    }

    /// Merges two ascending runs; local-only actions stay behind the stamp that they came after.
    private static func merged(_ old: ArraySlice<Entry>, _ new: [Entry]) -> [Entry] {
        guard !old.isEmpty else { return new }
        var result: [Entry] = []
        result.reserveCapacity(old.count + new.count)
        var next = new.startIndex
        for entry in old {
            while next < new.endIndex, isBefore(new[next], entry) {
                result.append(new[next])
                next += 1
            }
            result.append(entry)
        }
        result.append(contentsOf: new[next...])
        return result
    }

    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        guard let anchor = right.anchorStamp else { return false }
        return left.anchorStamp.map { $0 < anchor } ?? true
    }
}
