// SPDX-License-Identifier: MIT

/// How much a ``ReplicatedExpiryModel`` keeps.
public struct ExpiryLimits: Hashable, Sendable {
    /// How many keys are kept; `nil`, the default, for any number.
    public var maximumCount: Int?
    /// How old an update may become, in milliseconds; `nil`, the default, for any age.
    ///
    /// Without it a deletion is remembered for ever.
    public var maximumAge: Double?

    /// Makes limits.
    public init(maximumCount: Int? = nil, maximumAge: Double? = nil) {
        self.maximumCount = maximumCount
        self.maximumAge = maximumAge
    }
}
