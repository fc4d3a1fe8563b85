// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One action in a ``History``, with its place in the order and its outcome.
///
/// The anchor of a gossiped action is its own stamp. The anchor of a local-only action is the stamp
/// that was newest when it ran: it comes after that stamp and after earlier local-only actions with
/// the same anchor, and before every greater stamp, however late that arrives.
public struct HistoryEntry<Action> {
    @usableFromInline var anchor: Stamp?
    @usableFromInline var known: Action?
    @usableFromInline var hasFailed: Bool
    /// Whether the action never leaves this peer and is not in the history to show, save and send.
    public let isLocal: Bool

    @inlinable
    init(anchor: Stamp?, isLocal: Bool, action: Action?) {
        self.anchor = anchor
        self.isLocal = isLocal
        known = action
        hasFailed = false
    }

    /// Creates the entry of a gossiped action; `nil` stands for one that this build does not know.
    @inlinable
    public init(_ action: Action?, at stamp: Stamp) {
        self.init(anchor: stamp, isLocal: false, action: action)
    }

    /// Creates the entry of a local-only action that ran when `anchor` was the newest stamp.
    @inlinable
    public init(local action: Action, anchor: Stamp?) {
        self.init(anchor: anchor, isLocal: true, action: action)
    }

    /// Returns whether it comes before an entry with this anchor; a duplicate or a later local-only
    /// action does not.
    @inlinable
    func precedes(_ other: Stamp?) -> Bool {
        guard let other else { return false }
        return anchor.map { $0 < other } ?? true
    }

    /// Returns whether it belongs above a history's floor.
    ///
    /// A local-only action at the floor does: it is in no base.
    @inlinable
    func isAbove(_ floor: Stamp) -> Bool {
        guard let anchor else { return false }
        return isLocal ? !(anchor < floor) : floor < anchor
    }

    /// The stamp of a gossiped action, or `nil` for a local-only one.
    @inlinable
    public var stamp: Stamp? { isLocal ? nil : anchor }

    /// The stamp of a gossiped action, or the one that a local-only action comes after; `nil` for
    /// one that comes before every stamp.
    @inlinable
    public var anchorStamp: Stamp? { anchor }

    /// The action, or `nil` if this build does not know its type.
    @inlinable
    public var action: Action? { known }

    /// The outcome of the action when it was last folded.
    @inlinable
    public var outcome: Outcome {
        if known == nil { return .unknown }
        return hasFailed ? .failed : .applied
    }

    /// The outcome of folding an action.
    public enum Outcome: Hashable, Sendable {
        /// The reducer accepted it.
        case applied
        /// The reducer refused it or failed; it is a recorded no-op that keeps its place.
        case failed
        /// This build cannot decode it; it keeps its place, and the reducer skips it.
        case unknown
    }
}

extension HistoryEntry: Sendable where Action: Sendable {}
