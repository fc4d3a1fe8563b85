// SPDX-License-Identifier: MIT

extension TextDocument {
    /// Opens a saved text without replaying its history.
    ///
    /// - Parameter bytes: The result of ``saved()``, of this version or any earlier one. Everything
    ///   in it is checked, but it can claim edits that nobody made.
    /// - Throws: ``TextError/Code/damaged`` for any other bytes.
    /// - Complexity: O(n), about ten nanoseconds per run and one per byte of text.
    public init(saved bytes: [UInt8]) throws(TextError) {
        var runs = try SavedRuns(bytes)
        guard runs.isOrdered || runs.order() else {
            throw TextError(.damaged, "The saved text lacks some of its scalars.")
        }
        self.init()
        if !runs.spans.isEmpty { open(runs) }
        for operation in runs.waiting { try apply(operation) }
    }

    private mutating func open(_ runs: SavedRuns) {
        sources = runs.sources
        for (index, source) in runs.sources.enumerated() { numbers[source] = UInt16(index) }
        counts = runs.counts
        tree = SpanTree(runs.spans)
        arena = runs.text
        liveByteCount = arena.count
        indexes = nil
    }

    /// Adds everything that another text has and this one lacks, including what waits there.
    ///
    /// Merging is commutative, associative and idempotent.
    ///
    /// - Parameter bytes: The result of ``saved()`` or ``encoded(since:)`` of the other text.
    /// - Throws: ``TextError`` for damaged bytes, or if something is missing between the two texts.
    ///   This text is then unchanged.
    /// - Complexity: O(m log n) for m runs in `bytes`, plus a copy of this text's arrays.
    public mutating func merge(_ bytes: [UInt8]) throws(TextError) {
        let runs = try SavedRuns(bytes)
        // A copy is changed, so that bytes that turn out to be wrong leave nothing behind. This
        // copies the text's arrays, except for an empty text, which has none.
        var merged = self
        try merged.merge(runs)
        var changes: [TextChange]?
        merged.wake(after: runs.sources, &changes)
        for operation in runs.waiting { try merged.apply(operation) }
        self = merged
    }

    private mutating func merge(_ runs: SavedRuns) throws(TextError) {
        var local: [Int] = []
        for source in runs.sources {
            guard let number = makeNumber(of: source) else {
                throw TextError(.tooLarge, "The text has no room for another source.")
            }
            local.append(number)
        }
        guard arena.count + runs.text.count <= TextDocument.maximumCounter,
            tree.scalarCount + runs.text.count <= Int(Int32.max) / 2
        else { throw TextError(.tooLarge, "The text has no room for the text to merge.") }
        let offset = UInt32(arena.count)
        arena += runs.text
        var merger = RunMerger(runs, local, offset)
        try merger.merge(into: &self)
        cleanArena()
    }
}

/// Merges runs in an order in which the parent of each exists.
private struct RunMerger {
    private let spans: [Span]
    /// The runs of each source by their first counters, and how many of them have been merged.
    private var queues: [(next: Int, runs: [Int32])]
    private let local: [Int]
    private let offset: UInt32

    init(_ runs: SavedRuns, _ local: [Int], _ offset: UInt32) {
        spans = runs.spans
        self.local = local
        self.offset = offset
        queues = Array(repeating: (0, []), count: local.count)
        for (index, span) in spans.enumerated() {
            queues[Int(span.source)].runs.append(Int32(index))
        }
        for source in queues.indices {
            let all = spans
            queues[source].runs.sort { all[Int($0)].start < all[Int($1)].start }
        }
    }

    mutating func merge(into document: inout TextDocument) throws(TextError) {
        // A source that needs a scalar of another one lets that one go first.
        var stack: [Int] = []
        for first in queues.indices {
            stack.append(first)
            while let source = stack.last {
                guard queues[source].next < queues[source].runs.count else {
                    stack.removeLast()
                    continue
                }
                let span = spans[Int(queues[source].runs[queues[source].next])]
                if let needed = needed(by: span, document) {
                    guard !stack.contains(needed),
                        queues[needed].next < queues[needed].runs.count
                    else {
                        throw TextError(.damaged, "The text to merge depends on missing scalars.")
                    }
                    stack.append(needed)
                    continue
                }
                try merge(span, into: &document)
                queues[source].next += 1
                if stack.count > 1 { stack.removeLast() }
            }
        }
    }

    /// The source whose scalars must come before this run; `nil` if the run can be merged.
    private func needed(by span: Span, _ document: TextDocument) -> Int? {
        guard span.parentSource != Span.noSource, span.parentSource != span.source else {
            return nil
        }
        let parent = Int(span.parentSource)
        return span.parentCounter < document.counts[local[parent]] ? nil : parent
    }

    private func merge(_ run: Span, into document: inout TextDocument) throws(TextError) {
        let number = local[Int(run.source)]
        let known = document.counts[number]
        guard run.start <= known else {
            throw TextError(.damaged, "The text to merge depends on missing scalars.")
        }
        if run.isDeleted, run.start < known {
            var ignored: [TextChange]?
            document.delete(number, run.start..<min(known, run.end), &ignored)
        }
        guard run.end > known else { return }
        let skipped = Int(known - run.start)
        var span = run
        span.source = UInt16(number)
        // Whatever is attached to it comes later.
        span.hasLeftChild = false
        span.hasRightChild = false
        if run.parentSource != Span.noSource {
            span.parentSource = UInt16(local[Int(run.parentSource)])
            guard skipped > 0 || run.parentCounter < document.counts[Int(span.parentSource)] else {
                throw TextError(.damaged, "A run is attached to a missing scalar.")
            }
        }
        span.text = run.isDeleted ? 0 : run.text + offset
        if skipped > 0 { span = document.rest(of: span, behind: skipped) }
        document.liveByteCount += span.byteCount
        document.integrate(span)
    }
}
