// SPDX-License-Identifier: MIT

/// What an update did to one part of a `ReplicatedBucket`.
public struct BucketChange: Sendable {
    /// The name of the part.
    public let part: PropertyKey
    /// The change that the part reported, of its type's `Replicated.Change`; for a nested bucket,
    /// a ``BucketChange``.
    public let change: any Sendable
}
