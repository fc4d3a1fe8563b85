// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A single value, or several if writers did not know of each other.
///
/// A write replaces what its author saw. Concurrent writes all stay as siblings until a later write
/// has seen them. Pitfall: the app has to show siblings and let somebody choose.
///
/// There is at most one sibling per source, because a source has seen its own writes. The register
/// grows by about 40 bytes for each source that writes, until compacted.
public struct MVRegister<Value: Codable & Equatable & Sendable>: CommutingOperations, Mergeable,
    Clearable
{
    /// A change of the register.
    public enum Operation: Codable, Equatable, Sendable {
        /// Writes a value, replacing those that the author saw; made by
        /// ``MVRegister/makeWrite(_:)``.
        case write(Value, observed: ObservedStamps)
        /// Takes back the values that the author saw; made by ``MVRegister/makeClear()``.
        case clear(observed: ObservedStamps)

        private enum WriteCodingKeys: String, CodingKey { case _0 = "value", observed }
    }

    private var marks = Marks<Value>()
    private var horizon = CompactionHorizon()

    /// Creates a register without a write.
    public init() {}

    /// The values that no other write has replaced, newest first.
    ///
    /// - Complexity: O(sources · log sources).
    public var siblings: [(value: Value, stamp: Stamp)] {
        marks.live.compactMap { mark in mark.value.map { (value: $0, stamp: mark.stamp) } }
            .sorted { $0.stamp > $1.stamp }
    }

    /// The values without their stamps, newest first.
    public var values: [Value] { siblings.map(\.value) }

    /// Creates the operation that replaces all current values.
    public func makeWrite(_ value: Value) -> Operation {
        .write(value, observed: marks.observed)
    }

    /// Creates the operation that takes back all current values; `nil` if there are none.
    public func makeClear() -> Operation? {
        marks.hasLive ? .clear(observed: marks.observed) : nil
    }

    /// Replaces what was seen.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .write(let value, let observed):
            marks.remove(observed, at: stamp, behind: horizon)
            marks.add(value, at: stamp)
        case .clear(let observed):
            marks.remove(observed, at: stamp, behind: horizon)
        }
        return .applied
    }

    /// Joins both registers.
    public mutating func merge(_ other: MVRegister) {
        marks.merge(other.marks, behind: horizon, and: other.horizon)
        horizon.merge(other.horizon)
    }

    /// Forgets what was replaced before `stamp`.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        marks.compact(horizon)
    }
}
