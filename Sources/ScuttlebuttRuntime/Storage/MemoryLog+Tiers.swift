// SPDX-License-Identifier: MIT

package import Scuttlebutt

extension MemoryLog {
    /// Returns what the log contains.
    package func summary() throws -> LogSummary {
        try requireOpen()
        var places: [Source: Int] = [:]
        var summary = LogSummary()
        for update in updates {
            guard let place = places[update.source] else {
                places[update.source] = summary.entries.count
                summary.entries.append(
                    .init(source: update.source, newest: update.timestamp, count: 1))
                continue
            }
            summary.entries[place].count += 1
            summary.entries[place].newest = max(
                summary.entries[place].newest, update.timestamp)
        }
        return summary
    }

    /// Returns the newest stamp after which there are at most `count` updates.
    package mutating func floor(leaving count: Int) throws -> Stamp? {
        try requireOpen()
        arrange()
        let place = order.count - max(0, count) - 1
        return place < 0 ? nil : updates[order[place]].stamp
    }

    /// Returns the updates after a stamp, in agreed order.
    package mutating func updates(after stamp: Stamp?, limit: DeltaLimit) throws -> [Update] {
        try requireOpen()
        arrange()
        var (low, high) = (0, order.count)
        if let stamp {
            while low < high {
                let middle = (low + high) / 2
                if updates[order[middle]].stamp <= stamp { low = middle + 1 } else { high = middle }
            }
        }
        var result: [Update] = []
        var bytes = 0
        while low < order.count, result.count < max(1, limit.updates), bytes < limit.bytes {
            result.append(updates[order[low]])
            bytes += updates[order[low]].byteCount
            low += 1
        }
        return result
    }

    /// Sorts what was stored since the last call.
    private mutating func arrange() {
        guard order.count < updates.count else { return }
        let isInOrder = order.last.map { last in
            updates[order.count...].allSatisfy { updates[last].stamp < $0.stamp }
        }
        let more = (order.count..<updates.count).sorted { updates[$0].stamp < updates[$1].stamp }
        order += more
        if isInOrder == false { order.sort { updates[$0].stamp < updates[$1].stamp } }
    }

    /// The checkpoints, the oldest first.
    package func checkpoints() throws -> [StoredCheckpoint] {
        try requireOpen()
        return stored.map(\.checkpoint)
    }

    /// The bytes of a checkpoint's state.
    package func state(of checkpoint: StoredCheckpoint) throws -> [UInt8] {
        try requireOpen()
        guard let found = stored.first(where: { $0.checkpoint == checkpoint }) else {
            throw StorageError(.foreignOrCorrupt, "this checkpoint is not stored")
        }
        return found.state
    }

    /// Stores a checkpoint unless an update at or before it was stored after `mark`.
    package mutating func file(
        _ checkpoint: StoredCheckpoint, state: [UInt8], since mark: Int64
    ) throws -> Bool {
        try requireOpen()
        guard updates[min(updates.count, Int(mark))...].allSatisfy({ !checkpoint.covers($0.stamp) })
        else { return false }
        stored.removeAll { $0.checkpoint.stamp == checkpoint.stamp }
        stored.append((checkpoint, state))
        stored.sort { $0.checkpoint.stamp < $1.checkpoint.stamp }
        return true
    }

    /// Removes checkpoints.
    package mutating func remove(_ checkpoints: [StoredCheckpoint]) throws {
        try requireOpen()
        stored.removeAll { entry in checkpoints.contains { $0.stamp == entry.checkpoint.stamp } }
    }
}
