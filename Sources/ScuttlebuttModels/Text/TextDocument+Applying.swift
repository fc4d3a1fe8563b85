// SPDX-License-Identifier: MIT

import Scuttlebutt

extension TextDocument {
    /// Applies an operation, own or foreign, in any order and any number of times.
    ///
    /// An operation that depends on a missing one waits for it (see ``pendingCount``).
    ///
    /// - Throws: ``TextError`` if the operation contradicts itself, if too many operations wait, or
    ///   if the text has no room for it. The text is then unchanged.
    /// - Complexity: O(log n) for each run of the operation, unless there are several concurrent
    ///   insertions at one place.
    public mutating func apply(_ operation: TextOperation) throws(TextError) {
        var changes: [TextChange]?
        try apply(operation, changes: &changes)
    }

    /// Applies an operation and appends what it changed, unless `changes` is `nil`.
    ///
    /// - Throws: ``TextError``; see ``apply(_:)``.
    public mutating func apply(
        _ operation: TextOperation, changes: inout [TextChange]?
    ) throws(TextError) {
        try check(operation)
        let missing = operation.insertion.flatMap { self.missing($0, of: operation.source) }
        try checkRoom(operation, missing)
        perform(operation, missing, &changes)
        if pending.count > 0 { wake(after: [operation.source], &changes) }
    }

    /// Performs what waited for scalars of these sources that have arrived, and then what waited
    /// for that.
    mutating func wake(after sources: [Source], _ changes: inout [TextChange]?) {
        var sources = sources
        while pending.count > 0, let source = sources.popLast() {
            guard let number = number(of: source) else { continue }
            while true {
                let known = Int(counts[number])
                for range in pending.takeDeletions(source, below: known) {
                    delete(source, range, &changes)
                }
                let insertions = pending.takeInsertions(source, below: known)
                if insertions.isEmpty { break }
                for waiting in insertions {
                    perform(
                        TextOperation(source: waiting.source, insertion: waiting.insertion),
                        missing(waiting.insertion, of: waiting.source), &changes)
                    if waiting.source != source, !sources.contains(waiting.source) {
                        sources.append(waiting.source)
                    }
                }
            }
        }
    }

    /// The largest number of scalars that one source may insert: 2^31 − 1.
    static let maximumCounter = Int(Int32.max)

    private func check(_ operation: TextOperation) throws(TextError) {
        if let insertion = operation.insertion {
            let length = insertion.text.unicodeScalars.count
            guard length > 0, insertion.start >= 0,
                insertion.parent != nil || insertion.side == .right,
                insertion.parent.map({ $0.counter >= 0 }) ?? true,
                insertion.parent.map({
                    $0.source != operation.source || $0.counter < insertion.start
                }) ?? true
            else {
                throw TextError(.malformed, "An insertion has no text or is attached to itself.")
            }
            guard insertion.start <= TextDocument.maximumCounter - length,
                (insertion.parent?.counter ?? 0) < TextDocument.maximumCounter,
                arena.count + insertion.text.utf8.count <= TextDocument.maximumCounter,
                tree.scalarCount + length <= Int(Int32.max) / 2
            else { throw TextError(.tooLarge, "The text has no room for this insertion.") }
        }
        for run in operation.deletions
        where run.counters.lowerBound < 0 || run.counters.upperBound > TextDocument.maximumCounter {
            throw TextError(.malformed, "A deletion refers to impossible scalars.")
        }
        guard numbers[operation.source] != nil || sources.count < Int(Span.noSource) else {
            throw TextError(.tooLarge, "The text has no room for another source.")
        }
    }

    /// Checks that there is room for what would wait, so that an operation is accepted entirely or
    /// not at all.
    private func checkRoom(
        _ operation: TextOperation, _ missing: TextID?
    ) throws(TextError) {
        var (parts, bytes) = (0, 0)
        if missing != nil { (parts, bytes) = (1, operation.insertion?.text.utf8.count ?? 0) }
        for run in operation.deletions where !run.counters.isEmpty {
            if run.counters.upperBound > knownCount(of: run.source) { parts += 1 }
        }
        guard parts == 0 || pending.hasRoom(for: parts, bytes: bytes) else {
            throw TextError(.tooManyPending, "Too many operations wait for others.")
        }
    }

    /// Performs what can be performed of an operation; the rest waits.
    ///
    /// Something that has waited before already has its room, because it waits for at most one
    /// scalar at a time.
    private mutating func perform(
        _ operation: TextOperation, _ missing: TextID?, _ changes: inout [TextChange]?
    ) {
        if let insertion = operation.insertion {
            if let missing {
                pending.insert(
                    PendingOperations.Waiting(source: operation.source, insertion: insertion),
                    until: missing)
            } else {
                insert(insertion, of: operation.source, &changes)
            }
        }
        for run in operation.deletions {
            let known = knownCount(of: run.source)
            let here = run.counters.clamped(to: 0..<known)
            if !here.isEmpty { delete(run.source, here, &changes) }
            let rest = max(known, run.counters.lowerBound)..<max(known, run.counters.upperBound)
            if !rest.isEmpty { pending.delete(rest, of: run.source) }
        }
    }

    private func knownCount(of source: Source) -> Int {
        number(of: source).map { Int(counts[$0]) } ?? 0
    }

    /// The missing scalar that an insertion depends on; `nil` if it can be performed.
    private func missing(_ insertion: TextOperation.Insertion, of source: Source) -> TextID? {
        let known = knownCount(of: source)
        if insertion.start > known {
            return TextID(source: source, counter: insertion.start - 1)
        }
        guard let parent = insertion.parent, parent.source != source else { return nil }
        return parent.counter < knownCount(of: parent.source) ? nil : parent
    }

    /// Inserts the missing part of an insertion whose parent is here.
    private mutating func insert(
        _ insertion: TextOperation.Insertion, of source: Source, _ changes: inout [TextChange]?
    ) {
        guard let number = makeNumber(of: source) else { return }
        let known = Int(counts[number])
        let skipped = known - insertion.start
        var text = insertion.text
        var parent = insertion.parent
        var isRight = insertion.side == .right
        if skipped > 0 {
            let scalars = text.unicodeScalars
            guard
                let start = scalars.index(
                    scalars.startIndex, offsetBy: skipped, limitedBy: scalars.endIndex),
                start < scalars.endIndex
            else { return }
            text = String(scalars[start...])
            parent = TextID(source: source, counter: known - 1)
            isRight = true
        }
        let parentNumber = parent.flatMap { self.number(of: $0.source) }
        guard parent == nil || parentNumber != nil else { return }
        let before = insertText(
            text, source: UInt16(number), parentSource: parentNumber.map { UInt16($0) },
            parentCounter: UInt32(parent?.counter ?? 0), isRight: isRight,
            findsPosition: changes != nil)
        if let before { changes?.append(.inserted(text, at: before)) }
    }

    /// Marks existing scalars as deleted.
    private mutating func delete(
        _ source: Source, _ counters: Range<Int>, _ changes: inout [TextChange]?
    ) {
        guard let number = number(of: source) else { return }
        delete(number, UInt32(counters.lowerBound)..<UInt32(counters.upperBound), &changes)
        cleanArena()
    }

    /// Marks existing scalars as deleted, and keeps their text in the arena.
    mutating func delete(
        _ number: Int, _ counters: Range<UInt32>, _ changes: inout [TextChange]?
    ) {
        var counter = counters.lowerBound
        while counter < counters.upperBound {
            guard var place = place(UInt16(number), counter) else { return }
            let span = tree[place.leaf, place.slot]
            let upper = min(span.end, counters.upperBound)
            if !span.isDeleted {
                if changes != nil {
                    let start = tree.sums(before: place.leaf, place.slot).scalars + place.offset
                    changes?.append(.deleted(start..<start + Int(upper - counter)))
                }
                (place.leaf, place.slot) = split(place)
                deleteStart(of: place.leaf, place.slot, count: Int(upper - counter))
            }
            counter = upper
        }
    }

    /// Marks the first scalars of a visible span as deleted, and returns the place of the next
    /// span.
    @discardableResult
    mutating func deleteStart(of leaf: Int, _ slot: Int, count: Int) -> (leaf: Int, slot: Int)? {
        var (leaf, slot) = (leaf, slot)
        if count < tree[leaf, slot].length {
            let right = split(SpanTree.Place(leaf: leaf, slot: slot, offset: count))
            guard let left = tree.slot(before: right.leaf, right.slot) else { return nil }
            (leaf, slot) = left
        }
        var span = tree[leaf, slot]
        liveByteCount -= span.byteCount
        tree.add(-span.visibleLength, -Int(span.wideCount), toLeaf: leaf)
        span.delete()
        tree[leaf, slot] = span
        // Adjacent deleted spans become one.
        if slot > 0, tree[leaf, slot - 1].canAbsorb(span) {
            tree[leaf, slot - 1].absorb(span)
            tree.removeAbsorbed(leaf, slot)
            slot -= 1
        }
        if slot + 1 < Int(tree.leafCounts[leaf]), tree[leaf, slot].canAbsorb(tree[leaf, slot + 1]) {
            let next = tree[leaf, slot + 1]
            tree[leaf, slot].absorb(next)
            tree.removeAbsorbed(leaf, slot + 1)
        }
        return tree.slot(after: leaf, slot)
    }

    /// Frees the text of deleted scalars once it is a third of the arena.
    ///
    /// Each pass over all spans is paid for by the deletions since the previous pass.
    mutating func cleanArena() {
        guard arena.count > liveByteCount + max(liveByteCount / 2, 4 * tree.spanCount, 4_096)
        else { return }
        var clean: [UInt8] = []
        clean.reserveCapacity(liveByteCount)
        var leaf = tree.firstLeaf
        while leaf >= 0 {
            for slot in 0..<Int(tree.leafCounts[leaf]) {
                let span = tree[leaf, slot]
                guard !span.isDeleted else { continue }
                let start = Int(span.text)
                tree[leaf, slot].text = UInt32(clean.count)
                clean.append(contentsOf: arena[start..<start + span.byteCount])
            }
            leaf = Int(tree.nextLeaves[leaf])
        }
        arena = clean
    }
}
