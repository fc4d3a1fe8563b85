// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension History {
    /// Inserts a batch of actions with one rewind and one replay.
    ///
    /// The batch may be in any order, and may contain duplicates. What lies at or below the
    /// ``floor`` is left out, and waits in ``stragglers``. Of equal stamps, the one already
    /// in the history wins, and otherwise the first in the batch. Local-only actions in it, which
    /// another copy of this history has received since, get the same place as there (G8): a long
    /// replay can so work on a copy, while the program continues, and replace the original.
    ///
    /// - Complexity: With `b` new actions and `d` entries after the smallest of them, fewer than
    ///   `b + 2d + spacing` calls of the reducer; O(b + d) moves of entries, after a sort of the
    ///   batch unless it is ascending, and O(log n) for each duplicate that precedes the first
    ///   new action.
    @inlinable
    @discardableResult
    public mutating func merge(_ batch: [HistoryEntry<Action>]) -> HistoryChange {
        let batch = Self.ascending(batch)
        var change = HistoryChange()
        var next = 0
        if let floor {
            while next < batch.count, !batch[next].isAbove(floor) {
                if let stamp = batch[next].stamp { change.belowFloor.append(stamp) }
                belowFloor.append(batch[next])
                next += 1
            }
        }
        while next < batch.count, let stamp = batch[next].stamp, contains(stamp) {
            change.duplicates.append(stamp)
            next += 1
        }
        guard next < batch.count else { return change }

        let place = storage.firstIndex(after: batch[next])
        change.depth = storage.count - place
        if change.depth > 0 { change.cause = batch[next].anchor }
        weave(batch[next...], from: place, into: &change)
        refold(from: place, isAtHead: change.depth == 0, into: &change)
        return change
    }

    /// Returns the number of entries after the place of a stamp, which an action inserted there
    /// would cause to be folded again.
    ///
    /// - Complexity: O(log n).
    @inlinable
    public func depth(of stamp: Stamp) -> Int {
        storage.endsBefore(stamp) ? 0 : storage.count - storage.lowerBound(of: stamp)
    }

    /// Returns the batch in ascending order; those of one anchor keep their order of arrival.
    @inlinable
    package static func ascending(_ batch: [HistoryEntry<Action>]) -> [HistoryEntry<Action>] {
        var index = 1
        while index < batch.count {
            if batch[index].precedes(batch[index - 1].anchor) {
                return batch.sorted { $0.precedes($1.anchor) }
            }
            index += 1
        }
        return batch
    }

    /// Merges an ascending batch with the entries from `place` on, without folding.
    @inlinable
    mutating func weave(
        _ batch: ArraySlice<HistoryEntry<Action>>, from place: Int,
        into change: inout HistoryChange
    ) {
        var next = batch.startIndex
        for chunk in storage.detach(from: place) {
            var copied = 0
            while next < batch.endIndex {
                // What comes before the next arrival is moved as a whole.
                var end = copied
                while end < chunk.entries.count, !storage.isBefore(batch[next], chunk.entries[end])
                {
                    end += 1
                }
                storage.append(chunk, copied..<end)
                copied = end
                guard end < chunk.entries.count else { break }
                admit(batch[next], into: &change)
                next += 1
            }
            storage.append(chunk, copied..<chunk.entries.count)
        }
        while next < batch.endIndex {
            admit(batch[next], into: &change)
            next += 1
        }
    }

    /// Appends an arrival unless it is a duplicate, in which case the last entry has its stamp, as
    /// its own or as the anchor of a local-only action.
    @inlinable
    mutating func admit(_ arrival: HistoryEntry<Action>, into change: inout HistoryChange) {
        if let stamp = arrival.stamp {
            guard storage.endsBefore(stamp) else {
                change.duplicates.append(stamp)
                return
            }
            if arrival.action == nil { unknownTotal += 1 }
        } else {
            localTotal += 1
        }
        storage.append(arrival)
        change.inserted += 1
    }
}
