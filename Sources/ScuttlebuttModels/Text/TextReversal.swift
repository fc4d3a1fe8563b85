// SPDX-License-Identifier: MIT

import Scuttlebutt

/// What undoes one step of a ``TextUndo``, and the step that undoes this in turn.
struct TextReversal {
    /// Scalars that have come back under new identities.
    struct Renaming {
        let old: TextRun
        let new: TextRun
    }

    private(set) var operations: [TextOperation] = []
    private(set) var step = TextUndo.Step(inserted: [], removed: [])
    private(set) var renamings: [Renaming] = []

    /// - Parameters:
    ///   - step: What to undo.
    ///   - source: Who undoes it.
    ///   - document: The text as it is.
    ///   - counter: How many scalars the source has inserted.
    init(_ step: TextUndo.Step, of source: Source, in document: TextDocument, counter: Int) {
        var (document, counter) = (document, counter)
        let ranks = document.leafRanks
        let deletions = document.sorted(
            step.inserted.flatMap { run in
                document.visibleParts(of: run)
                    .map { TextUndo.Removal(run: $0.run, text: $0.text) }
            }, ranks)
        self.step.removed = deletions
        // Directly before its first scalar, deleted as that is: an offset would not say before or
        // behind which other deleted text, which may come back as well.
        for removal in Self.joined(document.sorted(step.removed, ranks)) {
            let end = counter + removal.run.counters.count
            let new = TextRun(source: source, counters: counter..<end)
            let parent = TextID(
                source: removal.run.source, counter: removal.run.counters.lowerBound)
            renamings.append(Renaming(old: removal.run, new: new))
            self.step.inserted.append(new)
            operations.append(
                TextOperation(
                    source: source,
                    insertion: TextOperation.Insertion(
                        start: counter, parent: parent, side: .left, text: removal.text)))
            counter = end
        }
        guard !deletions.isEmpty else { return }
        operations.append(TextOperation(source: source, deletions: deletions.map(\.run)))
    }
}

extension TextReversal {
    /// Makes one of removals that continue each other.
    private static func joined(_ removals: [TextUndo.Removal]) -> [TextUndo.Removal] {
        var result: [TextUndo.Removal] = []
        for removal in removals {
            if let last = result.last, last.run.source == removal.run.source,
                last.run.counters.upperBound == removal.run.counters.lowerBound
            {
                let counters = last.run.counters.lowerBound..<removal.run.counters.upperBound
                result[result.count - 1] = TextUndo.Removal(
                    run: TextRun(source: last.run.source, counters: counters),
                    text: last.text + removal.text)
            } else {
                result.append(removal)
            }
        }
        return result
    }
}

extension TextUndo.Step {
    /// Replaces the identities of text that has come back under new ones.
    mutating func rename(_ renaming: TextReversal.Renaming) {
        inserted = inserted.flatMap { $0.renamed(renaming) }
        removed = removed.flatMap { removal in
            var scalars = removal.text.unicodeScalars[...]
            return removal.run.renamed(renaming).map { run in
                let text = String(Substring(scalars.prefix(run.counters.count)))
                scalars = scalars.dropFirst(run.counters.count)
                return TextUndo.Removal(run: run, text: text)
            }
        }
    }
}

extension TextRun {
    /// The parts of this run, those that were renamed under their new identities.
    func renamed(_ renaming: TextReversal.Renaming) -> [TextRun] {
        let common = counters.clamped(to: renaming.old.counters)
        guard source == renaming.old.source, !common.isEmpty else { return [self] }
        let start =
            renaming.new.counters.lowerBound + common.lowerBound
            - renaming.old.counters.lowerBound
        return [
            TextRun(source: source, counters: counters.lowerBound..<common.lowerBound),
            TextRun(source: renaming.new.source, counters: start..<start + common.count),
            TextRun(source: source, counters: common.upperBound..<counters.upperBound),
        ].filter { !$0.counters.isEmpty }
    }
}

extension TextDocument {
    /// The parts of a run that are visible, in the order of their counters.
    ///
    /// - Complexity: O(log n) for each part, and its length.
    mutating func visibleParts(of run: TextRun) -> [(run: TextRun, text: String)] {
        guard let number = number(of: run.source) else { return [] }
        var parts: [(run: TextRun, text: String)] = []
        let counters = run.counters.clamped(to: 0..<Int(counts[number]))
        var counter = counters.lowerBound
        while counter < counters.upperBound {
            guard let place = place(UInt16(number), UInt32(counter)) else { break }
            let span = tree[place.leaf, place.slot]
            let end = min(Int(span.end), counters.upperBound)
            if !span.isDeleted {
                let start = Int(span.text) + measure(span, to: place.offset).bytes
                let stop = Int(span.text) + measure(span, to: end - Int(span.start)).bytes
                parts.append(
                    (
                        TextRun(source: run.source, counters: counter..<end),
                        String(decoding: arena[start..<stop], as: UTF8.self)
                    ))
            }
            counter = end
        }
        return parts
    }

    /// The number of each leaf of the tree in the order of the text.
    var leafRanks: [Int: Int] {
        var ranks: [Int: Int] = [:]
        var leaf = tree.firstLeaf
        while leaf >= 0 {
            ranks[leaf] = ranks.count
            leaf = Int(tree.nextLeaves[leaf])
        }
        return ranks
    }

    /// The removals in the order of the text, which is not that in which they were made: whoever
    /// deletes letter by letter begins with the last one.
    mutating func sorted(
        _ removals: [TextUndo.Removal], _ ranks: [Int: Int]
    ) -> [TextUndo.Removal] {
        var keyed: [(key: (Int, Int, Int), removal: TextUndo.Removal)] = []
        for removal in removals {
            let counter = removal.run.counters.lowerBound
            guard let number = number(of: removal.run.source),
                let place = place(UInt16(number), UInt32(counter))
            else { continue }
            keyed.append(((ranks[place.leaf] ?? 0, place.slot, place.offset), removal))
        }
        return keyed.sorted { $0.key < $1.key }.map(\.removal)
    }

    /// How many scalars a source has inserted here.
    func nextCounter(of source: Source) -> Int {
        number(of: source).map { Int(counts[$0]) } ?? 0
    }
}
