// SPDX-License-Identifier: MIT

/// Values whose states can be joined, so that the result has what either replica has.
///
/// Joining is commutative, associative and idempotent. Joining the states of two sets of operations
/// yields the state of their union.
public protocol Mergeable {
    /// Adds everything that `other` has.
    mutating func merge(_ other: Self)
}

extension Mergeable {
    /// The join of both states.
    public func merged(with other: Self) -> Self {
        var result = self
        result.merge(other)
        return result
    }
}
