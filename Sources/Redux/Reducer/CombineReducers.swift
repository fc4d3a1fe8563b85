// SPDX-License-Identifier: MIT

/// Builds the list of reducers of a `combine`, in source order.
@resultBuilder
public enum CombineReducers<State: Sendable, Action: Sendable> {
    /// A list of reducers.
    public typealias Parts = [Reducer<State, Action>]

    /// Adds one reducer.
    public static func buildExpression(_ reducer: Reducer<State, Action>) -> Parts { [reducer] }

    /// Concatenates the reducers.
    public static func buildBlock(_ parts: Parts...) -> Parts { parts.flatMap { $0 } }

    /// Adds the reducers of an `if` without `else`.
    public static func buildOptional(_ part: Parts?) -> Parts { part ?? [] }

    /// Adds the reducers of the first branch.
    public static func buildEither(first part: Parts) -> Parts { part }

    /// Adds the reducers of the second branch.
    public static func buildEither(second part: Parts) -> Parts { part }

    /// Adds the reducers of a loop.
    public static func buildArray(_ parts: [Parts]) -> Parts { parts.flatMap { $0 } }
}
