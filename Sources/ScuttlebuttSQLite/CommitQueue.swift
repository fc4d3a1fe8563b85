// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The appends that wait for the writer, and which of them the next transaction takes.
///
/// Every waiting caller is suspended, so the queue holds one entry per caller and no more: the
/// back-pressure is the suspension. A transaction takes whole or partial entries from the front
/// up to ``batchUpdates`` and ``batchBytes``, whatever their boundaries, so one large append
/// cannot fill the write-ahead log in a single transaction.
struct CommitQueue {
    /// The most updates that one transaction stores.
    static let batchUpdates = 10_000
    /// The payload bytes after which a transaction takes no further update: 8 MiB.
    static let batchBytes = 8 << 20

    struct Entry {
        let updates: [Update]
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// What one transaction stores, and whom its end concerns.
    struct Batch {
        var slices: [ArraySlice<Update>] = []
        /// The callers all of whose updates are stored with this batch.
        var finished: [CheckedContinuation<Void, any Error>] = []
        /// The caller of whom only a part is in this batch; it stays at the head of the queue.
        var hasPartialEntry = false
    }

    private var entries: [Entry] = []
    private var head = 0
    private var stored = 0

    var isEmpty: Bool { head == entries.count }

    mutating func enqueue(_ entry: Entry) { entries.append(entry) }

    /// Takes what the next transaction stores, or `nil` when nothing waits.
    mutating func takeBatch() -> Batch? {
        guard !isEmpty else { return nil }
        var batch = Batch()
        var updates = 0
        var bytes = 0
        while head < entries.count {
            let entry = entries[head]
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
                dropFinished()
                return batch
            }
            batch.finished.append(entry.continuation)
            head += 1
            stored = 0
        }
        entries.removeAll(keepingCapacity: true)
        head = 0
        return batch
    }

    /// Frees finished entries once they are the greater part, so that it costs O(1) per entry.
    private mutating func dropFinished() {
        guard head > 64, head > entries.count / 2 else { return }
        entries.removeFirst(head)
        head = 0
    }

    /// Removes everyone who waits, after a transaction failed.
    ///
    /// Had a later update been stored where an earlier one failed, a source's run would have a
    /// gap that nobody can fill any more.
    mutating func takeAll() -> [CheckedContinuation<Void, any Error>] {
        let waiting = entries[head...].map(\.continuation)
        self = CommitQueue()
        return waiting
    }
}
