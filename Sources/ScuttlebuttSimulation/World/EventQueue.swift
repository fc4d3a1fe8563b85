// SPDX-License-Identifier: MIT

import DequeModule
import HeapModule

/// The events to come, earliest first; events that are due at the same time keep the order in which
/// they were added, so that a run is the same on every machine.
///
/// Half of all events are due at once. They wait in a line of their own, behind the events that
/// were added for this moment earlier, and so never enter the heap.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        /// The due time, and below it the number of the event: one comparison orders by both.
        let key: Int128
        let event: Event

        init(due: Int64, number: Int64, event: Event) {
            key = Int128(due) << 64 | Int128(number)
            self.event = event
        }

        var due: Int64 { Int64(truncatingIfNeeded: key >> 64) }

        static func == (left: Entry, right: Entry) -> Bool { left.key == right.key }
        static func < (left: Entry, right: Entry) -> Bool { left.key < right.key }
    }

    private var heap = Heap<Entry>()
    private var lastNumber: Int64 = 0
    /// The due time of the event that was removed last.
    private var now = Int64.min
    /// The events that were added since then and are due at that time.
    private var line: Deque<Event> = []

    var isEmpty: Bool { heap.isEmpty && line.isEmpty }

    /// The due time of the first event, in microseconds of virtual time.
    var nextDue: Int64? { line.isEmpty ? heap.min?.due : now }

    /// Adds an event; one that is already overdue happens now.
    ///
    /// - Complexity: O(log n), or O(1) if the event is due at once.
    mutating func add(_ event: Event, due: Int64) {
        guard due > now else { return line.append(event) }
        lastNumber += 1
        heap.insert(Entry(due: due, number: lastNumber, event: event))
    }

    /// Removes the earliest event.
    ///
    /// - Complexity: O(log n), or O(1) if the event was due at once.
    mutating func removeFirst() -> (due: Int64, event: Event)? {
        // Events in the heap for this moment were added before those in the line.
        if let event = line.first, heap.min?.due != now {
            line.removeFirst()
            return (now, event)
        }
        guard let first = heap.popMin() else { return nil }
        now = first.due
        return (now, first.event)
    }
}
