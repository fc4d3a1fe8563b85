// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A text that many people edit concurrently: a sequence of Unicode scalars with identities instead
/// of offsets.
///
/// Concurrent insertions at one place do not interleave, whether typed forwards or backwards.
/// Operations commute, repeat without harm, and wait for those that they depend on.
///
/// It is a value: copy it, keep it in a reducer's state, compare it. A copy takes O(1); the first
/// change of a copy of a long text takes a few hundred microseconds.
///
/// - SeeAlso: Weidner and Kleppmann, "The Art of the Fugue: Minimizing Interleaving in
///   Collaborative Text Editing" (2023).
public struct TextDocument: Sendable {
    var tree = SpanTree()
    /// The UTF-8 of visible spans, and of deleted ones until it is cleaned up.
    var arena: [UInt8] = []
    var liveByteCount = 0
    var sources: [Source] = []
    var numbers: [Source: UInt16] = [:]
    /// How many scalars of each source are here, without gaps.
    var counts: [UInt32] = []
    /// The places of the scalars; built on first use after opening a saved text.
    var indexes: [LeafIndex]? = []
    var pending = PendingOperations()
    /// The source that edited last.
    private var lastNumber = 0

    /// Creates an empty text.
    public init() {}

    /// The number of visible scalars.
    public var count: Int { tree.scalarCount }

    /// The length of the visible text in UTF-16 code units, as JavaScript counts it.
    public var utf16Count: Int { tree.scalarCount + tree.wideCount }

    /// Whether no scalar is visible.
    public var isEmpty: Bool { tree.scalarCount == 0 }

    /// The number of runs, including deleted ones.
    public var runCount: Int { tree.spanCount }

    /// The number of operations that wait for others that they depend on.
    public var pendingCount: Int { pending.count }

    /// How many scalars of each source have been seen, and which of them were deleted.
    ///
    /// - Complexity: O(n log n) in the number of runs.
    public var version: TextVersion {
        var deletions: [Source: [Range<Int>]] = [:]
        forEachSpan { span, _ in
            guard span.isDeleted else { return }
            deletions[sources[Int(span.source)], default: []]
                .append(Int(span.start)..<Int(span.end))
        }
        for source in deletions.keys {
            deletions[source]?.sort { $0.lowerBound < $1.lowerBound }
            deletions[source] = deletions[source].map(TextDocument.joined)
        }
        return TextVersion(counts: seenCounts, deletions: deletions)
    }

    /// How many scalars of each source have been seen, including deleted ones.
    var seenCounts: [Source: Int] {
        var seen: [Source: Int] = [:]
        for (index, source) in sources.enumerated() where counts[index] > 0 {
            seen[source] = Int(counts[index])
        }
        return seen
    }

    /// Makes one of ascending ranges that touch.
    private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges {
            if let last = result.last, last.upperBound == range.lowerBound {
                result[result.count - 1] = last.lowerBound..<range.upperBound
            } else {
                result.append(range)
            }
        }
        return result
    }

    // MARK: Sources

    func number(of source: Source) -> Int? {
        if lastNumber < sources.count, sources[lastNumber] == source { return lastNumber }
        return numbers[source].map { Int($0) }
    }

    /// The number of a source, assigning one if necessary; `nil` if there are too many sources.
    mutating func makeNumber(of source: Source) -> Int? {
        if let known = number(of: source) {
            lastNumber = known
            return known
        }
        guard sources.count < Int(Span.noSource) else { return nil }
        sources.append(source)
        counts.append(0)
        indexes?.append(LeafIndex())
        numbers[source] = UInt16(sources.count - 1)
        lastNumber = sources.count - 1
        return lastNumber
    }

    /// Builds the indexes from the tree, in one pass and a sort.
    mutating func requireIndexes() {
        guard indexes == nil else { return }
        var runs: [[(start: UInt32, leaf: Int32)]] = Array(repeating: [], count: sources.count)
        forEachSpan { span, leaf in runs[Int(span.source)].append((span.start, Int32(leaf))) }
        indexes = runs.map { runs in
            var index = LeafIndex()
            for run in runs.sorted(by: { $0.start < $1.start }) {
                index.append(run.start, leaf: Int(run.leaf))
            }
            return index
        }
    }

    /// The place of an existing scalar; `nil` only if a saved text lied.
    mutating func place(_ source: UInt16, _ counter: UInt32) -> SpanTree.Place? {
        requireIndexes()
        guard counter < counts[Int(source)],
            let leaf = indexes?[Int(source)].leaf(of: counter)
        else { return nil }
        for slot in 0..<Int(tree.leafCounts[leaf])
        where tree[leaf, slot].contains(source, counter) {
            return SpanTree.Place(
                leaf: leaf, slot: slot, offset: Int(counter - tree[leaf, slot].start))
        }
        return nil
    }

    // MARK: Spans

    /// Inserts a span of known scalars into the tree and updates the indexes.
    mutating func insert(_ span: Span, at leaf: Int, _ slot: Int) -> (leaf: Int, slot: Int) {
        let source = Int(span.source)
        let isNew = span.start == counts[source]
        let counts = counts
        // Moved out while it changes, so that it is not copied.
        var indexes = indexes
        self.indexes = nil
        let place = tree.insert(span, at: leaf, slot) { leaf, tree in
            for slot in 0..<Int(tree.leafCounts[leaf]) {
                let moved = tree[leaf, slot]
                indexes?[Int(moved.source)].move(
                    moved.start..<moved.end, to: leaf, limit: counts[Int(moved.source)])
            }
        }
        if isNew {
            indexes?[source].append(span.start, leaf: place.leaf)
            self.counts[source] = span.end
        } else {
            indexes?[source].move(span.start..<span.end, to: place.leaf, limit: counts[source])
        }
        self.indexes = indexes
        return place
    }

    /// Splits a span so that its scalar at `offset` begins a new one, and returns the place of
    /// that.
    mutating func split(_ place: SpanTree.Place) -> (leaf: Int, slot: Int) {
        var left = tree[place.leaf, place.slot]
        guard place.offset > 0, place.offset < left.length else {
            return (place.leaf, place.slot)
        }
        let right = rest(of: left, behind: place.offset)
        left.extraBytes -= right.extraBytes
        left.wideCount -= right.wideCount
        left.length = place.offset
        left.hasRightChild = true
        tree[place.leaf, place.slot] = left
        if right.visibleLength > 0 {
            tree.add(-right.visibleLength, -Int(right.wideCount), toLeaf: place.leaf)
        }
        return insert(right, at: place.leaf, place.slot + 1)
    }

    /// What is behind the first `count` scalars of a span.
    func rest(of span: Span, behind count: Int) -> Span {
        let start = span.start + UInt32(count)
        var rest = Span(
            source: span.source, start: start, length: span.length - count,
            parentSource: span.source, parentCounter: start - 1, isRight: true)
        rest.hasRightChild = span.hasRightChild
        if span.isDeleted {
            rest.delete()
        } else {
            let (bytes, wides) = measure(span, to: count)
            rest.text = span.text + UInt32(bytes)
            rest.extraBytes = UInt16(span.byteCount - bytes - rest.length)
            rest.wideCount = span.wideCount - UInt16(wides)
        }
        return rest
    }

    /// The number of bytes and of wide scalars in the first `count` scalars of a visible span.
    func measure(_ span: Span, to count: Int) -> (bytes: Int, wides: Int) {
        if span.isASCII { return (count, 0) }
        var index = Int(span.text)
        var (scalars, wides) = (0, 0)
        while scalars < count {
            let width = arena[index].scalarWidth
            if width == 4 { wides += 1 }
            index += width
            scalars += 1
        }
        return (index - Int(span.text), wides)
    }
}
