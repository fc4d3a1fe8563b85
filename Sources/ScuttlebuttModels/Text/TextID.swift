// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The identity of one Unicode scalar of a text: who inserted it, and as which of their scalars.
///
/// It never changes, wherever the scalar comes to stand, and is never used again.
public struct TextID: Hashable, Sendable {
    /// Who inserted the scalar.
    public let source: Source
    /// How many scalars its source had inserted before it; at least 0.
    public let counter: Int

    /// Makes an identity.
    public init(source: Source, counter: Int) {
        self.source = source
        self.counter = counter
    }
}
