// SPDX-License-Identifier: MIT

import ExampleReducers
public import Redux
public import ReduxScuttlebutt
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

    /// How a store keeps the state in its storage; `nil` for ``log`` and ``chat``, whose states are
    /// as long as the log.
    public var checkpoints: Checkpoints<ExampleState>? {
        switch self {
        case .counter:
            let coding = StateCoding<Counter>.canonical
            return Checkpoints(
                StateCoding(
                    encode: { try coding.encode($0.counter) },
                    decode: { ExampleState(try coding.decode($0)) }),
                reducerVersion: "counter 1")
        case .life:
            let coding = StateCoding<Life>.canonical
            return Checkpoints(
                StateCoding(
                    encode: { try coding.encode($0.life) },
                    decode: { ExampleState(try coding.decode($0)) }),
                reducerVersion: "life 1")
        case .log, .chat: return nil
        }
    }
}
