// SPDX-License-Identifier: MIT

/// Values whose states can be joined: what two replicas have becomes one.
///
/// Joining is commutative, associative and idempotent, and joining the states of two sets of
/// operations is the state of both sets together.
public protocol Mergeable {
    /// Takes in all that `other` has.
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
