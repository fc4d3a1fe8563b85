// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension History {
    /// Inserts the actions that another copy of this history has received since, each at the same
    /// place as there (G8), with one rewind and one replay.
    ///
    /// This lets a long replay work on a copy, while the program continues, and replace the
    /// original afterwards.
    ///
    /// - Parameter recorded: The actions, in the order in which the other copy received them.
    /// - Complexity: As ``merge(_:)``, without a rewind if all come after the existing entries.
    @inlinable
    @discardableResult
    public mutating func resume(_ recorded: [HistoryEntry<Action>]) -> HistoryChange {
        var change = HistoryChange()
        // The sort is stable, so local-only actions of one anchor keep their order.
        let batch = recorded.sorted { $0.precedes($1.anchor) }
        guard let first = batch.first else { return change }
        let place = firstIndex(after: first)
        change.depth = storage.count - place
        if change.depth > 0 { change.cause = first.anchor }
        var next = 0
        for chunk in storage.detach(from: place) {
            for entry in chunk {
                while next < batch.count, batch[next].precedes(storage.anchor(of: entry)) {
                    admit(batch[next], into: &change)
                    next += 1
                }
                storage.append(entry)
            }
        }
        while next < batch.count {
            admit(batch[next], into: &change)
            next += 1
        }
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

    @inlinable
    func firstIndex(after recorded: HistoryEntry<Action>) -> Int {
        var (low, high) = (0, storage.count)
        while low < high {
            let middle = (low + high) >> 1
            if recorded.precedes(storage.anchor(of: storage[middle])) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }

    @inlinable
    mutating func admit(_ recorded: HistoryEntry<Action>, into change: inout HistoryChange) {
        if let stamp = recorded.stamp {
            return admit(StampedAction(stamp: stamp, action: recorded.action), into: &change)
        }
        localTotal += 1
        storage.append(recorded)
        change.inserted += 1
    }
}
