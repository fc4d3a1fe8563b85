// SPDX-License-Identifier: MIT

import HeapModule
import Scuttlebutt

/// A queue of tagged stamps, smallest first.
///
/// An entry may become out of date while it is queued. The caller skips such entries when they come
/// out, and ``sweep(keeping:_:)`` drops them once they outnumber the others.
struct StampQueue<Tag: Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        let stamp: Stamp
        let tag: Tag

        static func == (left: Entry, right: Entry) -> Bool { left.stamp == right.stamp }
        static func < (left: Entry, right: Entry) -> Bool { left.stamp < right.stamp }
    }

    private var heap = Heap<Entry>()

    /// The smallest stamp.
    var first: Stamp? { heap.min?.stamp }

    /// Adds an entry.
    ///
    /// - Complexity: O(log *n*).
    mutating func push(_ stamp: Stamp, _ tag: Tag) { heap.insert(Entry(stamp: stamp, tag: tag)) }

    /// Removes the entry with the smallest stamp.
    ///
    /// - Complexity: O(log *n*).
    mutating func pop() -> (stamp: Stamp, tag: Tag)? {
        heap.popMin().map { ($0.stamp, $0.tag) }
    }

    /// Drops out-of-date entries once they are more than half.
    ///
    /// - Parameters:
    ///   - count: How many entries are current.
    ///   - isCurrent: Whether an entry is current.
    /// - Complexity: O(1), amortised over the pushes.
    mutating func sweep(keeping count: Int, _ isCurrent: (Stamp, Tag) -> Bool) {
        guard heap.count > 2 * count + 64 else { return }
        heap = Heap(heap.unordered.filter { isCurrent($0.stamp, $0.tag) })
    }

    mutating func removeAll() { heap = Heap() }
}
