// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Scalars that one source inserted one after another.
public struct TextRun: Hashable, Sendable {
    /// Who inserted the scalars.
    public let source: Source
    /// The counters of the scalars.
    public let counters: Range<Int>

    /// Creates a run.
    public init(source: Source, counters: Range<Int>) {
        self.source = source
        self.counters = counters
    }
}
