// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An action inserted into a history, to be inserted at the same place in a copy.
public struct RecordedAction<Action> {
    /// The stamp of a gossiped action, or the stamp that was newest when a local-only one ran.
    public let anchor: Stamp?
    /// Whether the action never leaves this peer.
    public let isLocal: Bool
    /// The action, or `nil` if this build does not know its type.
    public let action: Action?

    /// Creates the record of a gossiped action.
    @inlinable
    public init(_ stamped: StampedAction<Action>) {
        anchor = stamped.stamp
        isLocal = false
        action = stamped.action
    }

    /// Creates the record of a local-only action that ran when `anchor` was the newest stamp.
    @inlinable
    public init(local action: Action, anchor: Stamp?) {
        self.anchor = anchor
        isLocal = true
        self.action = action
    }

    /// Returns whether it comes before an entry with this anchor; a duplicate or a later local-only
    /// action does not.
    @inlinable
    func precedes(_ other: Stamp?) -> Bool {
        guard let other else { return false }
        return anchor.map { $0 < other } ?? true
    }
}

extension RecordedAction: Sendable where Action: Sendable {}
