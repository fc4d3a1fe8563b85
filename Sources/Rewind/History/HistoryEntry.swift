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
/// Its place is the pair (anchor, local sequence). A gossiped action is its own anchor and has
/// sequence 0. A local-only action is anchored at the stamp that was newest when it ran and
/// numbered from 1 in the order in which they ran, so it stays behind its anchor and before any
/// later stamp, however late that stamp arrives.
public struct HistoryEntry<Action> {
    @usableFromInline var anchor: Stamp?
    @usableFromInline var localSequence: UInt64
    @usableFromInline var known: Action?
    @usableFromInline var hasFailed: Bool

    @inlinable
    init(anchor: Stamp?, localSequence: UInt64, action: Action?) {
        self.anchor = anchor
        self.localSequence = localSequence
        known = action
        hasFailed = false
    }

    /// The stamp of a gossiped action, or `nil` for a local-only one.
    @inlinable
    public var stamp: Stamp? { localSequence == 0 ? anchor : nil }

    /// The action, or `nil` when this build does not know its type.
    @inlinable
    public var action: Action? { known }

    /// Whether the action never left this peer and has no place in the shown or saved history.
    @inlinable
    public var isLocal: Bool { localSequence != 0 }

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
