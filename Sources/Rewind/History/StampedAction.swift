// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An action with the position of its update in the agreed order.
public struct StampedAction<Action> {
    /// The position in the agreed order, and the identity of the update.
    public var stamp: Stamp
    /// The decoded action, or `nil` if this build does not know its type.
    public var action: Action?

    /// Creates a stamped action.
    @inlinable
    public init(stamp: Stamp, action: Action?) {
        self.stamp = stamp
        self.action = action
    }
}

extension StampedAction: Sendable where Action: Sendable {}
