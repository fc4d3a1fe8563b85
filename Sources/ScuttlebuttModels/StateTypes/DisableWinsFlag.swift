// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A switch that is on when somebody switched it on and had seen every "off".
///
/// Of an "on" and an "off" at the same time, "off" wins: the choice for permissions. Pitfall: an
/// "on" that did not see an "off" stays without effect, also when it has the higher stamp.
///
/// Grows by about 40 bytes for each source that used it, until compacted.
public struct DisableWinsFlag: CommutingOperations, Mergeable {
    /// A change of the flag.
    public enum Operation: Codable, Equatable, Sendable {
        /// Switches on, over the "off"s that the author saw; made by
        /// ``DisableWinsFlag/makeEnable()``.
        case enable(observed: ObservedStamps)
        /// Switches off.
        case disable
    }

    private var wasEnabled = false
    private var tags = Tags()
    private var horizon = CompactionHorizon()

    /// Makes a flag that is off.
    public init() {}

    /// Whether the flag is on.
    public var isOn: Bool { wasEnabled && !tags.hasLive }

    /// The operation that switches on, over all that has switched it off here.
    public func makeEnable() -> Operation { .enable(observed: tags.observed) }

    /// Switches off, or on over what was seen.
    public mutating func apply(_ operation: Operation, at stamp: Stamp) {
        guard !horizon.covers(stamp) else { return }
        switch operation {
        case .enable(let observed):
            wasEnabled = true
            tags.remove(observed, at: stamp, behind: horizon)
        case .disable: tags.add(at: stamp)
        }
    }

    /// Joins both flags.
    public mutating func merge(_ other: DisableWinsFlag) {
        wasEnabled = wasEnabled || other.wasEnabled
        tags.merge(other.tags, behind: horizon, and: other.horizon)
        horizon.merge(other.horizon)
    }

    /// Forgets the "off"s before `stamp` that were switched on over.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        tags.compact(horizon)
    }
}
