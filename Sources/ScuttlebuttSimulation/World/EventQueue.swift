// SPDX-License-Identifier: MIT

/// What is to happen, earliest first; what is due at the same time comes in the order of its
/// entering, so that a run is the same on every machine.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        let due: Int64
        let number: Int
        let event: Event

        static func < (left: Entry, right: Entry) -> Bool {
            left.due != right.due ? left.due < right.due : left.number < right.number
        }
    }

    private var entries: [Entry] = []
    private var lastNumber = 0

    var isEmpty: Bool { entries.isEmpty }

    /// When the first event is due, in microseconds of virtual time.
    var nextDue: Int64? { entries.first?.due }

    /// Adds an event.
    ///
    /// - Complexity: O(log n).
    mutating func add(_ event: Event, due: Int64) {
        lastNumber += 1
        entries.append(Entry(due: due, number: lastNumber, event: event))
        var index = entries.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard entries[index] < entries[parent] else { break }
            entries.swapAt(index, parent)
            index = parent
        }
    }

    /// Removes the earliest event.
    ///
    /// - Complexity: O(log n).
    mutating func removeFirst() -> (due: Int64, event: Event)? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (first.due, first.event)
    }

    private mutating func sink() {
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < entries.count else { return }
            if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
            guard entries[child] < entries[index] else { return }
            entries.swapAt(child, index)
            index = child
        }
    }
}
