// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension History {
    /// Inserts a batch of gossiped actions with one rewind and one replay.
    ///
    /// The batch may be in any order, and may contain duplicates. Of equal stamps, the one already
    /// in the history wins, and otherwise the first in the batch.
    ///
    /// - Complexity: With `b` new actions and `d` entries after the smallest of them, fewer than
    ///   `b + 2d + spacing` calls of the reducer; O(b + d) moves of entries, after a sort of the
    ///   batch unless it is ascending, and O(log n) for each duplicate that precedes the first
    ///   new action.
    @inlinable
    @discardableResult
    public mutating func merge(_ batch: [StampedAction<Action>]) -> HistoryChange {
        let batch = Self.ascending(batch)
        var change = HistoryChange()
        var next = 0
        var place = storage.count
        while next < batch.count, !storage.endsBefore(batch[next].stamp) {
            let stamp = batch[next].stamp
            place = storage.lowerBound(of: stamp)
            guard storage[place].source != StoredEntry<Action>.noSource,
                !storage.isBefore(stamp.timestamp, stamp.source, storage[place])
            else { break }
            change.duplicates.append(stamp)
            next += 1
            place = storage.count
        }
        guard next < batch.count else { return change }

        change.depth = storage.count - place
        if change.depth > 0 { change.cause = batch[next].stamp }
        weave(batch[next...], from: place, into: &change)
        refold(from: place, isAtHead: change.depth == 0, into: &change)
        return change
    }

    /// Returns the batch in ascending order; equal stamps keep their order of arrival.
    @inlinable
    static func ascending(_ batch: [StampedAction<Action>]) -> [StampedAction<Action>] {
        var index = 1
        while index < batch.count {
            if batch[index].stamp < batch[index - 1].stamp {
                return batch.sorted { $0.stamp < $1.stamp }
            }
            index += 1
        }
        return batch
    }

    /// Merges an ascending batch with the entries from `place` on, without folding.
    @inlinable
    mutating func weave(
        _ batch: ArraySlice<StampedAction<Action>>, from place: Int,
        into change: inout HistoryChange
    ) {
        var next = batch.startIndex
        for chunk in storage.detach(from: place) {
            for entry in chunk {
                while next < batch.endIndex,
                    storage.isBefore(
                        batch[next].stamp.timestamp, batch[next].stamp.source, entry)
                {
                    admit(batch[next], into: &change)
                    next += 1
                }
                storage.append(entry)
            }
        }
        while next < batch.endIndex {
            admit(batch[next], into: &change)
            next += 1
        }
    }

    /// Appends an arrival unless it is a duplicate, in which case the last entry has its stamp, as
    /// its own or as the anchor of a local-only action.
    @inlinable
    mutating func admit(_ arrival: StampedAction<Action>, into change: inout HistoryChange) {
        guard storage.endsBefore(arrival.stamp) else {
            change.duplicates.append(arrival.stamp)
            return
        }
        if arrival.action == nil { unknownTotal += 1 }
        storage.append(
            HistoryEntry(anchor: arrival.stamp, isLocal: false, action: arrival.action))
        change.inserted += 1
    }
}
