// SPDX-License-Identifier: MIT

public import Redux
public import ScuttlebuttCoding

/// The example reducers of this package, all of which can share one log.
///
/// Each ignores actions that are not its own.
public enum ExampleReducer: String, CaseIterable, Sendable {
    /// The array of all actions in agreed order.
    case log
    /// A number that counts up and down.
    case counter
    /// Messages in agreed order.
    case chat
    /// Conway's Game of Life on 30 by 30 cells.
    case life

    /// The state before the first action.
    public var initialState: ExampleState { ExampleState(self) }

    /// The reducer, which provides its own initial state.
    ///
    /// - Complexity: O(n) per call, where n is the length of the action in bytes.
    public var reducer: Reducer<ExampleState, RawAction> {
        let first = initialState
        return Reducer { state, action, meta in state.apply(action, meta) }.starting(with: first)
    }
}
