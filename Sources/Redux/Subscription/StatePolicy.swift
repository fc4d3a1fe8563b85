// SPDX-License-Identifier: MIT

/// What a sequence of states does if its reader is slower than the store.
public struct StatePolicy: Hashable, Sendable {
    private enum Value { case newest, every }
    private let value: Value

    /// Skips to the newest state and keeps nothing for the reader.
    ///
    /// Suitable for views.
    public static let newest = StatePolicy(value: .newest)
    /// Keeps each state up to a limit, and then drops and counts the oldest.
    ///
    /// Suitable for logs.
    ///
    /// A kept state is a copy, so the next change copies what it touches.
    public static let every = StatePolicy(value: .every)
}
