// SPDX-License-Identifier: MIT

/// The result of reducing one action.
public enum Reduction: Hashable, Sendable {
    /// The state has changed.
    case applied
    /// The action is a no-op, and the state is unchanged.
    case refused
    /// The action is a no-op, but the state may be partly changed and will be rolled back.
    case failed
}
