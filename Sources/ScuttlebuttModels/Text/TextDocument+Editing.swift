// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension TextDocument {
    // MARK: Editing

    // Positions and ranges are clamped to the text, because they may be out of date by the time
    // they are used.

    /// Inserts a text before the scalar at `position`, and returns the operation for other peers.
    ///
    /// - Parameters:
    ///   - text: What to insert.
    ///   - position: Clamped to 0 … ``count``.
    ///   - source: The writer; nobody else may edit under this name.
    /// - Throws: ``TextError`` if there is no room for the text.
    /// - Complexity: O(log n).
    @discardableResult
    public mutating func insert(
        _ text: String, at position: Int, by source: Source
    ) throws(TextError) -> TextOperation {
        try replace(position..<position, with: text, by: source)
    }

    /// Deletes a range of scalars, and returns the operation for other peers.
    ///
    /// - Throws: ``TextError``, but only if the document has no room for another source.
    /// - Complexity: O(log n) for each run in the range.
    @discardableResult
    public mutating func delete(
        _ range: Range<Int>, by source: Source
    ) throws(TextError) -> TextOperation {
        try replace(range, with: "", by: source)
    }

    /// Replaces a range with a text, and returns the operation for other peers.
    ///
    /// - Throws: ``TextError`` if there is no room for the text.
    /// - Complexity: O(log n) for each run in the range.
    @discardableResult
    public mutating func replace(
        _ range: Range<Int>, with text: String, by source: Source
    ) throws(TextError) -> TextOperation {
        let range = clamped(range)
        var insertion: TextOperation.Insertion?
        if !text.isEmpty {
            guard let number = makeNumber(of: source),
                Int(counts[number]) + text.utf8.count <= TextDocument.maximumCounter,
                arena.count + text.utf8.count <= TextDocument.maximumCounter,
                count + text.utf8.count <= Int(Int32.max) / 2
            else { throw TextError(.tooLarge, "The text has no room for this insertion.") }
            let anchor = anchor(at: range.lowerBound)
            insertion = TextOperation.Insertion(
                start: Int(counts[number]), parent: anchor.id(sources),
                side: anchor.isRight ? .right : .left, text: text)
            insertText(
                text, source: UInt16(number), parentSource: anchor.source,
                parentCounter: anchor.counter, isRight: anchor.isRight, at: anchor.place)
        }
        var deletions: [TextRun] = []
        if !range.isEmpty {
            let inserted = insertion == nil ? 0 : text.unicodeScalars.count
            deletions = deleteVisible(
                range.lowerBound + inserted..<range.upperBound + inserted)
        }
        if pending.count > 0 {
            // Operations may have arrived that continue under our name, or at a place that exists
            // only now.
            var ignored: [TextChange]?
            wake(after: [source], &ignored)
        }
        return TextOperation(source: source, insertion: insertion, deletions: deletions)
    }

    private mutating func deleteVisible(_ range: Range<Int>) -> [TextRun] {
        var runs: [TextRun] = []
        var place = tree.place(at: range.lowerBound)
        var remaining = range.count
        while remaining > 0 {
            let span = tree[place.leaf, place.slot]
            var next: (leaf: Int, slot: Int)?
            if span.isDeleted {
                next = tree.slot(after: place.leaf, place.slot)
            } else {
                let taken = min(span.length - place.offset, remaining)
                let start = Int(span.start) + place.offset
                append(sources[Int(span.source)], start..<start + taken, to: &runs)
                remaining -= taken
                let (leaf, slot) = split(place)
                next = deleteStart(of: leaf, slot, count: taken)
            }
            guard let next else { break }
            place = SpanTree.Place(leaf: next.leaf, slot: next.slot, offset: 0)
        }
        cleanArena()
        return runs
    }

    private func append(_ source: Source, _ counters: Range<Int>, to runs: inout [TextRun]) {
        if let last = runs.last, last.counters.upperBound == counters.lowerBound,
            last.source == source
        {
            runs[runs.count - 1] = TextRun(
                source: source, counters: last.counters.lowerBound..<counters.upperBound)
        } else {
            runs.append(TextRun(source: source, counters: counters))
        }
    }

    // MARK: Preparing

    /// Creates the operation that inserts a text before the scalar at `position`, without changing
    /// the document.
    ///
    /// In an app with a reducer, make the operation from the current state when you dispatch, and
    /// apply it in the reducer.
    ///
    /// - Complexity: O(log n).
    public func makeInsert(_ text: String, at position: Int, by source: Source) -> TextOperation {
        makeReplace(position..<position, with: text, by: source)
    }

    /// Creates the operation that deletes a range, without changing the document.
    public func makeDelete(_ range: Range<Int>, by source: Source) -> TextOperation {
        makeReplace(range, with: "", by: source)
    }

    /// Creates the operation that replaces a range with a text, without changing the document.
    ///
    /// - Complexity: O(log n + runs in the range).
    public func makeReplace(
        _ range: Range<Int>, with text: String, by source: Source
    ) -> TextOperation {
        let range = clamped(range)
        var insertion: TextOperation.Insertion?
        if !text.isEmpty {
            let anchor = anchor(at: range.lowerBound)
            insertion = TextOperation.Insertion(
                start: number(of: source).map { Int(counts[$0]) } ?? 0,
                parent: anchor.id(sources), side: anchor.isRight ? .right : .left, text: text)
        }
        var runs: [TextRun] = []
        var remaining = range.count
        if remaining > 0 {
            var place = tree.place(at: range.lowerBound)
            while remaining > 0 {
                let span = tree[place.leaf, place.slot]
                if !span.isDeleted {
                    let taken = min(span.length - place.offset, remaining)
                    let start = Int(span.start) + place.offset
                    append(sources[Int(span.source)], start..<start + taken, to: &runs)
                    remaining -= taken
                }
                guard let next = tree.slot(after: place.leaf, place.slot) else { break }
                place = SpanTree.Place(leaf: next.leaf, slot: next.slot, offset: 0)
            }
        }
        return TextOperation(source: source, insertion: insertion, deletions: runs)
    }

    // MARK: Anchors

    /// What a scalar that is inserted here is attached to.
    struct Anchor {
        /// `nil` for the root.
        var source: UInt16?
        var counter: UInt32 = 0
        var isRight = true
        var place: SpanTree.Place?

        func id(_ sources: [Source]) -> TextID? {
            source.map { TextID(source: sources[Int($0)], counter: Int(counter)) }
        }
    }

    /// The anchor is the right of the visible scalar before `position` if nothing is attached
    /// there, otherwise the left of whatever follows it, visible or not.
    ///
    /// This is the rule of Fugue.
    func anchor(at position: Int) -> Anchor {
        var next: (leaf: Int, slot: Int)?
        if position == 0 {
            next = tree.first
        } else {
            let place = tree.place(at: position - 1)
            let span = tree[place.leaf, place.slot]
            if place.offset < span.length - 1 {
                return Anchor(
                    source: span.source, counter: span.start + UInt32(place.offset) + 1,
                    isRight: false,
                    place: SpanTree.Place(
                        leaf: place.leaf, slot: place.slot, offset: place.offset + 1))
            }
            next = span.hasRightChild ? tree.slot(after: place.leaf, place.slot) : nil
            if next == nil {
                return Anchor(
                    source: span.source, counter: span.start + UInt32(place.offset), place: place)
            }
        }
        guard let next else { return Anchor() }
        let span = tree[next.leaf, next.slot]
        return Anchor(
            source: span.source, counter: span.start, isRight: false,
            place: SpanTree.Place(leaf: next.leaf, slot: next.slot, offset: 0))
    }
}
