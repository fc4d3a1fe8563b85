// SPDX-License-Identifier: MIT

/// What ``Replicated/appendDelta(since:upTo:limit:to:)`` has written.
public struct DeltaExtent: Sendable {
    /// The newest update written of each source that something was written of.
    public var ends: [Stamp]
    /// Whether the limit left something out.
    public var isCut: Bool

    /// Creates an extent.
    public init(ends: [Stamp], isCut: Bool) {
        self.ends = ends
        self.isCut = isCut
    }
}
