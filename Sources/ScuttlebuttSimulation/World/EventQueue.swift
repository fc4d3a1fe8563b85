// SPDX-License-Identifier: MIT

/// What is to happen, earliest first; what is due at the same time comes in the order of its
/// entering, so that a run is the same on every machine.
///
/// Half of all events are due at once. They wait in a line of their own, behind what has waited for
/// this moment, and so need no place in the heap.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        let due: Int64
        let number: Int
        let event: Event

        static func < (left: Entry, right: Entry) -> Bool {
            left.due != right.due ? left.due < right.due : left.number < right.number
        }
    }

    private var heap: [Entry] = []
    private var lastNumber = 0
    /// When the event that was removed last was due.
    private var now = Int64.min
    /// What was added since then and is due at that time.
    private var line: [Event] = []
    private var lineHead = 0

    var isEmpty: Bool { heap.isEmpty && lineHead == line.count }

    /// When the first event is due, in microseconds of virtual time.
    var nextDue: Int64? { lineHead < line.count ? now : heap.first?.due }

    /// Adds an event; one that should have happened already happens now.
    ///
    /// - Complexity: O(log n), O(1) for what is due at once.
    mutating func add(_ event: Event, due: Int64) {
        guard due > now else { return line.append(event) }
        lastNumber += 1
        let entry = Entry(due: due, number: lastNumber, event: event)
        heap.append(entry)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry < heap[parent] else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = entry
    }

    /// Removes the earliest event.
    ///
    /// - Complexity: O(log n), O(1) for what was due at once.
    mutating func removeFirst() -> (due: Int64, event: Event)? {
        // What is in the heap for this moment was added before it came.
        guard let first = heap.first, lineHead == line.count || first.due == now else {
            guard lineHead < line.count else { return nil }
            let event = line[lineHead]
            lineHead += 1
            // By halves, so that removing one costs O(1) and a long moment keeps no past.
            if lineHead > line.count / 2 {
                line.removeFirst(lineHead)
                lineHead = 0
            }
            return (now, event)
        }
        now = first.due
        let last = heap.removeLast()
        if !heap.isEmpty { sink(last) }
        return (first.due, first.event)
    }

    /// Finds the place of an entry, from the top, which is free.
    private mutating func sink(_ entry: Entry) {
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < entry else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = entry
    }
}
