// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An action together with the place that its update has in the agreed order.
public struct StampedAction<Action> {
    /// The place in the agreed order, and the identity of the update.
    public var stamp: Stamp
    /// The decoded action, or `nil` when this build does not know its type.
    public var action: Action?

    /// Makes a stamped action of its parts.
    @inlinable
    public init(stamp: Stamp, action: Action?) {
        self.stamp = stamp
        self.action = action
    }
}

extension StampedAction: Sendable where Action: Sendable {}

/// One action in a ``History``, at its place in the order, with what became of it.
///
/// A gossiped action stands at its own stamp, its anchor. A local-only action is anchored at the
/// stamp that was newest when it ran: it stands behind that and behind what ran before it there,
/// and before every greater stamp, however late that arrives.
public struct HistoryEntry<Action> {
    @usableFromInline var anchor: Stamp?
    @usableFromInline var known: Action?
    @usableFromInline var hasFailed: Bool
    /// Whether the action never left this peer and has no place in the shown or saved history.
    public let isLocal: Bool

    @inlinable
    init(anchor: Stamp?, isLocal: Bool, action: Action?) {
        self.anchor = anchor
        self.isLocal = isLocal
        known = action
        hasFailed = false
    }

    /// The stamp of a gossiped action, or `nil` for a local-only one.
    @inlinable
    public var stamp: Stamp? { isLocal ? nil : anchor }

    /// The action, or `nil` when this build does not know its type.
    @inlinable
    public var action: Action? { known }

    /// What became of the action when the history was last folded over it.
    @inlinable
    public var outcome: Outcome {
        if known == nil { return .unknown }
        return hasFailed ? .failed : .applied
    }

    /// What became of an action.
    public enum Outcome: Hashable, Sendable {
        /// The reducer accepted it.
        case applied
        /// The reducer refused it or failed: a recorded no-op that keeps its place.
        case failed
        /// This build cannot decode it: kept in its place and skipped by the reducer.
        case unknown
    }
}

extension HistoryEntry: Sendable where Action: Sendable {}
