// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// A state on its way into a checkpoint, with what is needed of its history.
///
/// Not the whole history, because as long as a copy exists the next change copies what it touches.
package struct CapturedState<State> {
    /// The state; with local-only actions in it, it is not that of the log.
    package var state: State
    /// The stamp of the newest action in the state.
    package let stamp: Stamp
    /// The number of actions in the state.
    package let count: Int
    /// The number of actions in the history.
    package let gossipedCount: Int
    /// Whether there are local-only actions.
    package let hasLocals: Bool
    /// Whether there are actions that this build does not know.
    package let hasUnknown: Bool

    /// Captures the newest state at hand that has at least `distance` entries after it; `nil` if
    /// there is none above the floor.
    package init?<Action>(_ history: borrowing History<State, Action>, distance: Int) {
        guard let captured = history.snapshot(atDistance: distance) else { return nil }
        (state, stamp, count) = captured
        gossipedCount = history.gossipedCount
        hasLocals = history.localCount > 0
        hasUnknown = history.unknownCount > 0
    }

    /// Returns whether the log has exactly the actions that the state was folded from.
    ///
    /// - Parameter tail: The log up to ``stamp``.
    package func matches<Hash>(_ tail: LogTail<Hash>) -> Bool {
        guard tail.cursor == stamp, tail.unknown.count <= LogTail<Hash>.unknownLimit else {
            return false
        }
        // With local-only actions the state was folded from the tail itself.
        return hasLocals || tail.count == count
    }
}

extension CapturedState: Sendable where State: Sendable {}
