// SPDX-License-Identifier: MIT

/// The limits of a ``ReplicatedExpiryModel``.
public struct ExpiryLimits: Hashable, Sendable {
    /// The most keys to keep; `nil`, the default, for any number.
    public var maximumCount: Int?
    /// The greatest age of an update, in milliseconds; `nil`, the default, for any age.
    ///
    /// Without it, deletions are remembered forever.
    public var maximumAge: Double?

    /// Creates limits.
    public init(maximumCount: Int? = nil, maximumAge: Double? = nil) {
        self.maximumCount = maximumCount
        self.maximumAge = maximumAge
    }
}
