// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Operations that build on scalars that have not come yet, by what they wait for.
struct PendingOperations: Sendable {
    /// How many may wait; beyond it operations are refused, and to be delivered again.
    static let limit = 65_536
    /// How many bytes of text may wait.
    static let byteLimit = 64 << 20

    /// What waits for scalars of one source, by the scalar, the smallest first.
    private struct Queue: Sendable {
        private var entries: [(counter: Int, operation: TextOperation)] = []
        /// How many at the front have been taken but not yet removed; removed by halves.
        private var taken = 0

        var isEmpty: Bool { taken == entries.count }

        /// Whether the operation is new.
        mutating func insert(_ operation: TextOperation, _ counter: Int) -> Bool {
            var (low, high) = (taken, entries.count)
            if let last = entries.last, taken < entries.count, last.counter < counter {
                low = high
            }
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].counter < counter { low = middle + 1 } else { high = middle }
            }
            var place = low
            while place < entries.count, entries[place].counter == counter {
                if entries[place].operation == operation { return false }
                place += 1
            }
            entries.insert((counter, operation), at: place)
            return true
        }

        mutating func take(below limit: Int) -> TextOperation? {
            guard taken < entries.count, entries[taken].counter < limit else { return nil }
            defer {
                taken += 1
                if taken > entries.count / 2 {
                    entries.removeFirst(taken)
                    taken = 0
                }
            }
            return entries[taken].operation
        }
    }

    private var queues: [Source: Queue] = [:]
    private(set) var count = 0
    private var byteCount = 0

    /// Keeps an operation until the scalar with this identity is here.
    ///
    /// - Returns: Whether there was room, or it waits already.
    mutating func insert(_ operation: TextOperation, until id: TextID) -> Bool {
        let size = operation.insertion?.text.utf8.count ?? 0
        guard count < PendingOperations.limit,
            size <= PendingOperations.byteLimit - byteCount
        else { return false }
        guard queues[id.source, default: Queue()].insert(operation, id.counter) else { return true }
        count += 1
        byteCount += size
        return true
    }

    /// Takes out one that waited for scalars of this source that are here now.
    mutating func take(_ source: Source, count available: Int) -> TextOperation? {
        guard count > 0, let operation = queues[source]?.take(below: available) else { return nil }
        if queues[source]?.isEmpty == true { queues[source] = nil }
        count -= 1
        byteCount -= operation.insertion?.text.utf8.count ?? 0
        return operation
    }
}
