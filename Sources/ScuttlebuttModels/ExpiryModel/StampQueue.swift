// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Finds the entry with the smallest stamp.
///
/// A binary heap whose entries may have become out of date: the caller skips those as they surface,
/// and all such are swept out when they outnumber the others.
struct StampQueue<Tag: Sendable>: Sendable {
    private var heap: [(stamp: Stamp, tag: Tag)] = []

    var first: (stamp: Stamp, tag: Tag)? { heap.first }

    /// Adds an entry.
    ///
    /// - Complexity: O(log *n*).
    mutating func push(_ stamp: Stamp, _ tag: Tag) {
        heap.append((stamp, tag))
        var place = heap.count - 1
        while place > 0, heap[place].stamp < heap[(place - 1) / 2].stamp {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes out the entry with the smallest stamp.
    ///
    /// - Complexity: O(log *n*).
    mutating func pop() -> (stamp: Stamp, tag: Tag)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
        return first
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && heap[child].stamp < heap[least].stamp {
                least = child
            }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }

    /// Sweeps out what is out of date once it is more than half.
    ///
    /// - Complexity: O(1) amortised over the pushes.
    mutating func sweep(keeping count: Int, _ isCurrent: (Stamp, Tag) -> Bool) {
        guard heap.count > 2 * count + 64 else { return }
        heap.removeAll { !isCurrent($0.stamp, $0.tag) }
        for place in stride(from: heap.count / 2, through: 0, by: -1) where !heap.isEmpty {
            sink(place)
        }
    }

    mutating func removeAll() { heap = [] }
}
