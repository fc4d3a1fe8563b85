// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated value that keeps the updates that peers may still need in one `UpdateLog`.
///
/// The log answers what peers ask for, so a conforming type implements only `apply`.
public protocol LogBacked: Replicated {
    /// The updates that a peer may still need.
    var log: UpdateLog { get }
}

extension LogBacked {
    /// The retained updates that `known` does not cover, in agreed order.
    ///
    /// - Complexity: O(sources + *r* log sources) for *r* updates.
    public func history(since known: VersionVector) -> [Update] { log.delta(since: known) }

    /// The same within a budget.
    public func delta(since known: VersionVector, limit: DeltaLimit) -> [Update] {
        log.delta(since: known, limit: limit)
    }

    /// Appends the lines of what a peer lacks, straight from the log.
    public func appendDelta(
        since known: VersionVector, upTo covered: (Source) -> Timestamp?, limit: DeltaLimit,
        to block: inout WireBlock
    ) -> DeltaExtent? { log.appendDelta(since: known, upTo: covered, limit: limit, to: &block) }

    /// How many bytes the retained updates take.
    public var retainedByteCount: Int { log.byteCount }
}
