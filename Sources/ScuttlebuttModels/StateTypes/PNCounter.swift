// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A number that counts up and down: the sum of all amounts, each counted once by its stamp.
///
/// A reset takes back what its author saw and does not affect concurrent amounts. Pitfall: it
/// cannot be kept above zero, because two peers may take the last piece at the same time.
///
/// An amount is between ±(2^53 − 1); larger ones are clamped. The positive and the negative sum
/// each stop at `Int64.max`. The counter grows by about 20 bytes for each amount until compacted,
/// then by about 100 bytes for each source.
public struct PNCounter: CommutingOperations, Mergeable, Clearable {
    /// A change of the counter.
    public enum Operation: Codable, Equatable, Sendable {
        /// Adds an amount, which may be negative.
        case add(Int64)
        /// Takes back what the author saw; made by ``PNCounter/makeClear()``.
        case reset(observed: ObservedStamps)

        private enum AddCodingKeys: String, CodingKey { case _0 = "amount" }
    }

    private var contributions = Contributions()

    /// Creates a counter at zero.
    public init() {}

    /// The sum.
    ///
    /// - Complexity: O(sources + amounts since the compaction).
    public var value: Int64 { contributions.sum.value }

    /// Creates the operation that takes back all current amounts; `nil` if there are none.
    public func makeClear() -> Operation? {
        let observed = contributions.observed
        return observed.isEmpty ? nil : .reset(observed: observed)
    }

    /// Adds the amount, unless one with this stamp was added before; or takes back what was seen.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !contributions.horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .add(let amount): contributions.add(amount, at: stamp)
        case .reset(let observed): contributions.reset(observed, at: stamp)
        }
        return .applied
    }

    /// Joins both counters.
    ///
    /// An amount that both have counts once.
    public mutating func merge(_ other: PNCounter) { contributions.merge(other.contributions) }

    /// Folds the amounts before `stamp` into one sum per source.
    public mutating func compact(stableBefore stamp: Stamp) {
        contributions.compact(stableBefore: stamp)
    }
}

extension PNCounter {
    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        contributions = try Contributions(from: decoder)
    }

    /// Writes the amounts, ordered by source and time.
    public func encode(to encoder: any Encoder) throws { try contributions.encode(to: encoder) }
}
