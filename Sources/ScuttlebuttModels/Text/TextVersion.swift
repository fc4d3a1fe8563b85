// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// How many scalars of each source a text has seen.
///
/// The scalars of a source arrive in order and without gaps, so one number per source identifies
/// them.
public struct TextVersion: Hashable, Sendable {
    var counts: [Source: Int]

    /// Creates the version of an empty text.
    public init() { counts = [:] }

    init(counts: [Source: Int]) { self.counts = counts }

    /// How many scalars of a source have been seen.
    public subscript(source: Source) -> Int { counts[source] ?? 0 }
}
