// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The identity of one Unicode scalar of a text: who inserted it, and its number among that
/// source's scalars.
///
/// It never changes, wherever the scalar moves, and is never reused.
public struct TextID: Hashable, Sendable {
    /// Who inserted the scalar.
    public let source: Source
    /// How many scalars its source had inserted before it; at least 0.
    public let counter: Int

    /// Creates an identity.
    public init(source: Source, counter: Int) {
        self.source = source
        self.counter = counter
    }
}
