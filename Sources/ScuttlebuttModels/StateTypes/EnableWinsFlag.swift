// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A switch that is on if somebody switched it on and nobody who had seen that switched it off.
///
/// Of a concurrent "on" and "off", "on" wins. Pitfall: if two peers have each switched it on, an
/// "off" must have seen both.
///
/// It grows by about 40 bytes for each source that uses it, until compacted.
public struct EnableWinsFlag: CommutingOperations, Mergeable, Clearable {
    /// A change of the flag.
    public enum Operation: Codable, Equatable, Sendable {
        /// Switches on.
        case enable
        /// Switches off the "on"s that the author saw; made by ``EnableWinsFlag/makeDisable()``.
        case disable(observed: ObservedStamps)
    }

    private var tags = Tags()
    private var horizon = CompactionHorizon()

    /// Creates a flag that is off.
    public init() {}

    /// Whether the flag is on.
    public var isOn: Bool { tags.hasLive }

    /// Creates the operation that switches off every "on" that is here.
    public func makeDisable() -> Operation { .disable(observed: tags.observed) }

    /// Creates the operation that switches off; `nil` if the flag is off.
    public func makeClear() -> Operation? { isOn ? makeDisable() : nil }

    /// Switches on, or switches off what was seen.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .enable: tags.add(at: stamp)
        case .disable(let observed): tags.remove(observed, at: stamp, behind: horizon)
        }
        return .applied
    }

    /// Joins both flags.
    public mutating func merge(_ other: EnableWinsFlag) {
        tags.merge(other.tags, behind: horizon, and: other.horizon)
        horizon.merge(other.horizon)
    }

    /// Forgets what was switched off before `stamp`.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        tags.compact(horizon)
    }
}
