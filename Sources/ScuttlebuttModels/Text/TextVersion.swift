// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What a text has seen: how many scalars of each source, and which of them were deleted.
///
/// The scalars of a source arrive in order and without gaps, so one number per source identifies
/// them. Texts of equal versions are equal. Operations that wait for others are not part of a
/// version, because they have changed nothing yet.
public struct TextVersion: Hashable, Sendable {
    var counts: [Source: Int]
    /// The counters of the deleted scalars: ascending ranges that neither overlap nor touch.
    var deletions: [Source: [Range<Int>]]

    /// Creates the version of an empty text.
    public init() { self.init(counts: [:]) }

    init(counts: [Source: Int], deletions: [Source: [Range<Int>]] = [:]) {
        self.counts = counts
        self.deletions = deletions
    }

    /// How many scalars of a source have been seen, including deleted ones.
    public subscript(source: Source) -> Int { counts[source] ?? 0 }

    /// Whether all scalars of this run have been seen and were deleted.
    ///
    /// - Complexity: O(log n) for n deleted runs of the source.
    public func hasDeleted(_ run: TextRun) -> Bool {
        guard !run.counters.isEmpty else { return true }
        guard let ranges = deletions[run.source] else { return false }
        let index = ranges.partitioningIndex { $0.upperBound > run.counters.lowerBound }
        return index < ranges.count && ranges[index].lowerBound <= run.counters.lowerBound
            && ranges[index].upperBound >= run.counters.upperBound
    }
}
