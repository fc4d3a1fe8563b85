// SPDX-License-Identifier: MIT

/// Builds the list of reducers of a `combine`, in source order.
@resultBuilder
public enum CombineReducers<State: Sendable, Action: Sendable> {
    /// Adds one reducer.
    public static func buildExpression(
        _ reducer: Reducer<State, Action>
    ) -> [Reducer<State, Action>] { [reducer] }

    /// Concatenates the reducers.
    public static func buildBlock(
        _ parts: [Reducer<State, Action>]...
    ) -> [Reducer<State, Action>] { parts.flatMap { $0 } }

    /// Adds the reducers of an `if` without `else`.
    public static func buildOptional(
        _ part: [Reducer<State, Action>]?
    ) -> [Reducer<State, Action>] { part ?? [] }

    /// Adds the reducers of the first branch.
    public static func buildEither(
        first part: [Reducer<State, Action>]
    ) -> [Reducer<State, Action>] { part }

    /// Adds the reducers of the second branch.
    public static func buildEither(
        second part: [Reducer<State, Action>]
    ) -> [Reducer<State, Action>] { part }

    /// Adds the reducers of a loop.
    public static func buildArray(
        _ parts: [[Reducer<State, Action>]]
    ) -> [Reducer<State, Action>] { parts.flatMap { $0 } }
}
