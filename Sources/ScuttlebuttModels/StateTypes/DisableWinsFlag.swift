// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A switch that is on if somebody switched it on after seeing every "off".
///
/// Of a concurrent "on" and "off", "off" wins, which suits permissions. Pitfall: an "on" that did
/// not see an "off" has no effect, even if it has the greater stamp.
///
/// It grows by about 40 bytes for each source that uses it, until compacted.
public struct DisableWinsFlag: CommutingOperations, Mergeable {
    /// A change of the flag.
    public enum Operation: Codable, Equatable, Sendable {
        /// Switches on, overriding the "off"s that the author saw; made by
        /// ``DisableWinsFlag/makeEnable()``.
        case enable(observed: ObservedStamps)
        /// Switches off.
        case disable
    }

    private var wasEnabled = false
    private var tags = Tags()
    private var horizon = CompactionHorizon()

    /// Creates a flag that is off.
    public init() {}

    /// Whether the flag is on.
    public var isOn: Bool { wasEnabled && !tags.hasLive }

    /// Creates the operation that switches on, overriding every "off" that is here.
    public func makeEnable() -> Operation { .enable(observed: tags.observed) }

    /// Switches off, or on if every "off" was seen.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .enable(let observed):
            wasEnabled = true
            tags.remove(observed, at: stamp, behind: horizon)
        case .disable: tags.add(at: stamp)
        }
        return .applied
    }

    /// Joins both flags.
    public mutating func merge(_ other: DisableWinsFlag) {
        wasEnabled = wasEnabled || other.wasEnabled
        tags.merge(other.tags, behind: horizon, and: other.horizon)
        horizon.merge(other.horizon)
    }

    /// Forgets the "off"s before `stamp` that were overridden.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        tags.compact(horizon)
    }
}
