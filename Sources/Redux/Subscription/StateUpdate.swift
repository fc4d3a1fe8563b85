// SPDX-License-Identifier: MIT

/// One element of a sequence of states.
public struct StateUpdate<State: Sendable>: Sendable {
    /// The state.
    public let state: State
    /// The number of states directly before this one that were dropped because the reader was too
    /// slow.
    public let missed: Int
}
