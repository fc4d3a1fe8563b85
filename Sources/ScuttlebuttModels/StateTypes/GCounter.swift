// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A number that only grows: the sum of all increments, each counted once by its stamp.
///
/// Concurrent increments all count. Pitfall: assigning a number that was read before (`set`) would
/// lose the increments of others, so there is no such operation.
///
/// An amount is at most 2^53 − 1; larger ones are clamped, and amounts below 1 are ignored. The sum
/// stops at `Int64.max`. The counter grows by about 20 bytes for each increment until compacted,
/// then by about 100 bytes for each source.
public struct GCounter: CommutingOperations, Mergeable {
    /// A change of the counter.
    public enum Operation: Codable, Equatable, Sendable {
        /// Adds an amount from 1 to 2^53 − 1.
        case increment(by: Int64)
    }

    private var contributions = Contributions()

    /// Creates a counter at zero.
    public init() {}

    /// The sum, never negative.
    ///
    /// - Complexity: O(sources + increments since the compaction).
    public var value: Int64 { contributions.sum.value }

    /// Adds the amount, unless an increment with this stamp was added before.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !contributions.horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .increment(let amount): contributions.add(Swift.max(amount, 0), at: stamp)
        }
        return .applied
    }

    /// Joins both counters.
    ///
    /// An increment that both have counts once.
    public mutating func merge(_ other: GCounter) { contributions.merge(other.contributions) }

    /// Folds the increments before `stamp` into one sum per source.
    public mutating func compact(stableBefore stamp: Stamp) {
        contributions.compact(stableBefore: stamp)
    }
}

extension GCounter {
    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        contributions = try Contributions(from: decoder)
        guard contributions.sum.subtracted == 0 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a counter that only grows has a negative amount"))
        }
    }

    /// Writes the amounts, ordered by source and time.
    public func encode(to encoder: any Encoder) throws { try contributions.encode(to: encoder) }
}
