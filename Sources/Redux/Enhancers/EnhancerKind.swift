// SPDX-License-Identifier: MIT

/// A kind of enhancer that a store can have only once.
public struct EnhancerKind: Hashable, Sendable {
    /// The name used in messages.
    public let name: String

    /// Creates a kind.
    public init(_ name: String) { self.name = name }
}
