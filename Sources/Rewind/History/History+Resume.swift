// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An action as it entered a history, to be entered at the same place in a copy of that history.
public struct RecordedAction<Action> {
    /// The stamp of a gossiped action; of a local-only one the stamp that was newest when it ran.
    public let anchor: Stamp?
    /// Whether the action never left this peer.
    public let isLocal: Bool
    /// The action, or `nil` when this build does not know its type.
    public let action: Action?

    /// A gossiped action.
    @inlinable
    public init(_ stamped: StampedAction<Action>) {
        anchor = stamped.stamp
        isLocal = false
        action = stamped.action
    }

    /// A local-only action that ran when `anchor` was the newest stamp.
    @inlinable
    public init(local action: Action, anchor: Stamp?) {
        self.anchor = anchor
        isLocal = true
        self.action = action
    }

    /// Whether it stands before what has this anchor: a repetition or a later local-only action
    /// does not.
    @inlinable
    func precedes(_ other: Stamp?) -> Bool {
        guard let other else { return false }
        return anchor.map { $0 < other } ?? true
    }
}

extension RecordedAction: Sendable where Action: Sendable {}

extension History {
    /// Enters what another copy of this history took meanwhile, each action at the place that it
    /// has there (G8), with one rewind and one replay.
    ///
    /// So a long replay can work on a copy, beside the program, and then take the copy's place.
    ///
    /// - Parameter recorded: In the order in which the other copy took them.
    /// - Complexity: As ``merge(_:)``; without a rewind when all of it comes after what is here.
    @inlinable
    @discardableResult
    public mutating func resume(_ recorded: [RecordedAction<Action>]) -> HistoryChange {
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
                while next < batch.count, batch[next].precedes(entry.anchor) {
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

    /// How many entries stand behind the place of a stamp: how much of the history an action
    /// there would have folded again.
    ///
    /// - Complexity: O(log n).
    @inlinable
    public func depth(of stamp: Stamp) -> Int {
        storage.endsBefore(stamp) ? 0 : storage.count - storage.lowerBound(of: stamp)
    }

    @inlinable
    func firstIndex(after recorded: RecordedAction<Action>) -> Int {
        var (low, high) = (0, storage.count)
        while low < high {
            let middle = (low + high) >> 1
            if recorded.precedes(storage[middle].anchor) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    @inlinable
    mutating func admit(_ recorded: RecordedAction<Action>, into change: inout HistoryChange) {
        if recorded.isLocal {
            localTotal += 1
        } else if let stamp = recorded.anchor {
            return admit(StampedAction(stamp: stamp, action: recorded.action), into: &change)
        }
        storage.append(
            HistoryEntry(anchor: recorded.anchor, isLocal: true, action: recorded.action))
        change.inserted += 1
    }
}
