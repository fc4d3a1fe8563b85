// SPDX-License-Identifier: MIT

import DequeModule
import Scuttlebutt

/// The appends waiting for the writer, divided into transactions.
///
/// Every waiting caller is suspended, so the queue holds at most one entry per caller, and
/// suspension provides the back-pressure. A transaction takes whole or partial entries from the
/// front, up to ``batchUpdates`` and ``batchBytes``, so that one large append cannot fill the
/// write-ahead log in a single transaction.
struct CommitQueue {
    /// The maximum number of updates in a transaction.
    static let batchUpdates = 10_000
    /// The number of payload bytes after which a transaction takes no further update: 8 MiB.
    static let batchBytes = 8 << 20

    struct Entry {
        let updates: [Update]
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// The updates of one transaction and the callers waiting for it.
    struct Batch {
        var slices: [ArraySlice<Update>] = []
        /// The callers whose updates are all stored once this batch is.
        var finished: [CheckedContinuation<Void, any Error>] = []
        /// Whether the last slice is part of an entry that stays at the head of the queue.
        var hasPartialEntry = false
    }

    private var entries = Deque<Entry>()
    /// The number of updates of the first entry that earlier transactions have stored.
    private var stored = 0

    var isEmpty: Bool { entries.isEmpty }

    mutating func enqueue(_ entry: Entry) { entries.append(entry) }

    /// Removes and returns the updates for the next transaction, or returns `nil` if none are
    /// waiting.
    mutating func takeBatch() -> Batch? {
        guard !isEmpty else { return nil }
        var batch = Batch()
        var updates = 0
        var bytes = 0
        while let entry = entries.first {
            var end = stored
            while end < entry.updates.count, updates < Self.batchUpdates, bytes < Self.batchBytes {
                bytes += entry.updates[end].payload.count
                updates += 1
                end += 1
            }
            if end > stored { batch.slices.append(entry.updates[stored..<end]) }
            guard end == entry.updates.count else {
                stored = end
                batch.hasPartialEntry = true
                return batch
            }
            batch.finished.append(entry.continuation)
            entries.removeFirst()
            stored = 0
        }
        return batch
    }

    /// Removes all entries after a failed transaction, and returns their callers.
    ///
    /// If a later update were stored although an earlier one failed, the source's updates would
    /// have a gap that nobody can fill.
    mutating func takeAll() -> [CheckedContinuation<Void, any Error>] {
        let waiting = entries.map(\.continuation)
        self = CommitQueue()
        return waiting
    }
}
