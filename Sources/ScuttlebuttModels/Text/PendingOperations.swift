// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Operations that depend on scalars that have not arrived.
///
/// An insertion waits for the scalar that it is attached to, or for the one that its source
/// inserted before it. Of deletions only the scalars are kept, as disjoint ranges: it does not
/// matter who deleted them, and overlapping deletions take no more space than one.
struct PendingOperations: Sendable, Equatable {
    /// The most insertions and ranges that may wait; anything beyond is refused.
    static let limit = 65_536
    /// The most bytes of text that may wait.
    static let byteLimit = 64 << 20

    /// An insertion and its source.
    struct Waiting: Sendable, Hashable {
        let source: Source
        let insertion: TextOperation.Insertion
    }

    /// What waits for scalars of one source.
    private struct Queue: Sendable, Equatable {
        /// By the counter of the missing scalar.
        var insertions: [Int: Set<Waiting>] = [:]
        /// The scalars to delete when they arrive: ascending ranges that neither overlap nor touch.
        var deletions: [Range<Int>] = []
        /// Nothing waits for scalars below this one.
        private var seen = 0

        static func == (left: Queue, right: Queue) -> Bool {
            left.insertions == right.insertions && left.deletions == right.deletions
        }

        /// The counters below `limit` that something waits for, ascending.
        ///
        /// Usually few scalars have arrived while many operations wait.
        mutating func ready(below limit: Int) -> [Int] {
            defer { seen = max(seen, limit) }
            if limit - seen <= insertions.count {
                return seen < limit ? (seen..<limit).filter { insertions[$0] != nil } : []
            }
            return insertions.keys.filter { $0 < limit }.sorted()
        }

        var isEmpty: Bool { insertions.isEmpty && deletions.isEmpty }

        /// Adds a range to the deletions, and returns by how much the number of ranges grew.
        mutating func delete(_ range: Range<Int>) -> Int {
            let first = deletions.partitioningIndex { $0.upperBound >= range.lowerBound }
            var (lower, upper, end) = (range.lowerBound, range.upperBound, first)
            while end < deletions.count, deletions[end].lowerBound <= upper {
                lower = min(lower, deletions[end].lowerBound)
                upper = max(upper, deletions[end].upperBound)
                end += 1
            }
            deletions.replaceSubrange(first..<end, with: CollectionOfOne(lower..<upper))
            return 1 - (end - first)
        }
    }

    private var queues: [Source: Queue] = [:]
    private(set) var count = 0
    private(set) var byteCount = 0

    /// Whether there is room for an operation with so many parts and bytes, assuming that all of it
    /// is new.
    func hasRoom(for parts: Int, bytes: Int) -> Bool {
        parts <= PendingOperations.limit - count
            && bytes <= PendingOperations.byteLimit - byteCount
    }

    /// Keeps an insertion until the scalar with this identity arrives.
    mutating func insert(_ waiting: Waiting, until id: TextID) {
        let isNew = queues[id.source, default: Queue()].insertions[id.counter, default: []]
            .insert(waiting).inserted
        guard isNew else { return }
        count += 1
        byteCount += waiting.insertion.text.utf8.count
    }

    /// Keeps a deletion of missing scalars.
    mutating func delete(_ counters: Range<Int>, of source: Source) {
        count += queues[source, default: Queue()].delete(counters)
    }

    /// Removes and returns the insertions that waited for scalars of a source below `limit`, in a
    /// deterministic order.
    mutating func takeInsertions(_ source: Source, below limit: Int) -> [Waiting] {
        guard count > 0, var queue = queues.removeValue(forKey: source) else { return [] }
        var result: [Waiting] = []
        for counter in queue.ready(below: limit) {
            guard let waiting = queue.insertions.removeValue(forKey: counter) else { continue }
            result += waiting.sorted(by: PendingOperations.isBefore)
        }
        if !queue.isEmpty { queues[source] = queue }
        count -= result.count
        for waiting in result { byteCount -= waiting.insertion.text.utf8.count }
        return result
    }

    /// Removes and returns the deletions of a source's scalars below `limit`.
    mutating func takeDeletions(_ source: Source, below limit: Int) -> [Range<Int>] {
        guard count > 0, let first = queues[source]?.deletions.first, first.lowerBound < limit,
            var queue = queues.removeValue(forKey: source)
        else { return [] }
        var taken = queue.deletions.prefix { $0.lowerBound < limit }.map { $0 }
        queue.deletions.removeFirst(taken.count)
        count -= taken.count
        if let last = taken.last, last.upperBound > limit {
            taken[taken.count - 1] = last.lowerBound..<limit
            queue.deletions.insert(limit..<last.upperBound, at: 0)
            count += 1
        }
        if !queue.isEmpty { queues[source] = queue }
        return taken
    }

    /// Operations that recreate this state; equal documents have equal ones.
    var operations: [TextOperation] {
        queues.sorted { $0.key < $1.key }.flatMap { source, queue in
            let insertions = queue.insertions.sorted { $0.key < $1.key }.flatMap { _, waiting in
                waiting.sorted(by: PendingOperations.isBefore)
                    .map { TextOperation(source: $0.source, insertion: $0.insertion) }
            }
            let runs = queue.deletions.map { TextRun(source: source, counters: $0) }
            return insertions
                + (runs.isEmpty ? [] : [TextOperation(source: source, deletions: runs)])
        }
    }

    private static func isBefore(_ left: Waiting, _ right: Waiting) -> Bool {
        if left.source != right.source { return left.source < right.source }
        let (left, right) = (left.insertion, right.insertion)
        if left.start != right.start { return left.start < right.start }
        if !left.text.utf8.elementsEqual(right.text.utf8) {
            return left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
        }
        // The two operations contradict each other, but they need an order all the same.
        if left.side != right.side { return left.side == .left }
        let (first, second) = (left.parent?.counter ?? -1, right.parent?.counter ?? -1)
        if first != second { return first < second }
        guard let one = left.parent?.source, let other = right.parent?.source else { return false }
        return one < other
    }
}
