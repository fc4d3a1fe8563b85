// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One value, or several where writers did not know of each other.
///
/// A write replaces what its author saw; writes at the same time all stay as siblings until a later
/// write has seen them. Pitfall: the app has to show siblings and let somebody choose.
///
/// At most one sibling per source, since a source has seen its own writes. Grows by about 40 bytes
/// for each source that wrote, until compacted.
public struct MVRegister<Value: Codable & Equatable & Sendable>: CommutingOperations, Mergeable,
    Clearable
{
    /// A change of the register.
    public enum Operation: Codable, Equatable, Sendable {
        /// Writes a value over those that the author saw; made by ``MVRegister/makeWrite(_:)``.
        case write(Value, observed: ObservedStamps)
        /// Takes back the values that the author saw; made by ``MVRegister/makeClear()``.
        case clear(observed: ObservedStamps)

        private enum WriteCodingKeys: String, CodingKey { case _0 = "value", observed }
    }

    private var marks = Marks<Value>()
    private var horizon = CompactionHorizon()

    /// Makes a register that was never written.
    public init() {}

    /// The values that no other write has replaced, the newest first.
    ///
    /// - Complexity: O(sources · log sources).
    public var siblings: [(value: Value, stamp: Stamp)] {
        marks.live.compactMap { mark in mark.value.map { (value: $0, stamp: mark.stamp) } }
            .sorted { $0.stamp > $1.stamp }
    }

    /// The values alone, the newest first.
    public var values: [Value] { siblings.map(\.value) }

    /// The operation that writes a value over all that are here.
    public func makeWrite(_ value: Value) -> Operation {
        .write(value, observed: marks.observed)
    }

    /// The operation that takes back all values that are here, or `nil` when there are none.
    public func makeClear() -> Operation? {
        marks.hasLive ? .clear(observed: marks.observed) : nil
    }

    /// Replaces what was seen.
    public mutating func apply(_ operation: Operation, at stamp: Stamp) {
        guard !horizon.covers(stamp) else { return }
        switch operation {
        case .write(let value, let observed):
            marks.remove(observed, at: stamp, behind: horizon)
            marks.add(value, at: stamp)
        case .clear(let observed):
            marks.remove(observed, at: stamp, behind: horizon)
        }
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
