// SPDX-License-Identifier: MIT

/// What an update did to one part of a ``ReplicatedBucket``.
public struct BucketChange: Sendable {
    /// The name of the part.
    public let part: PropertyKey
    /// What the part says of it, of its type's ``Replicated/Change``; for a nested bucket again a
    /// ``BucketChange``.
    public let change: any Sendable
}
