// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A switch that is on when somebody switched it on and nobody who had seen that switched it off.
///
/// Of an "on" and an "off" at the same time, "on" wins. Pitfall: two peers that each switched it on
/// need an "off" that saw both.
///
/// Grows by about 40 bytes for each source that used it, until compacted.
public struct EnableWinsFlag: CommutingOperations, Mergeable, Clearable {
    /// A change of the flag.
    public enum Operation: Codable, Equatable, Sendable {
        /// Switches on.
        case enable
        /// Switches off what the author saw as on; made by ``EnableWinsFlag/makeDisable()``.
        case disable(observed: ObservedStamps)
    }

    private var tags = Tags()
    private var horizon = CompactionHorizon()

    /// Makes a flag that is off.
    public init() {}

    /// Whether the flag is on.
    public var isOn: Bool { tags.hasLive }

    /// The operation that switches off all that is on here.
    public func makeDisable() -> Operation { .disable(observed: tags.observed) }

    /// The operation that switches off, or `nil` when it is off.
    public func makeClear() -> Operation? { isOn ? makeDisable() : nil }

    /// Switches on, or off what was seen.
    public mutating func apply(_ operation: Operation, at stamp: Stamp) {
        guard !horizon.covers(stamp) else { return }
        switch operation {
        case .enable: tags.add(at: stamp)
        case .disable(let observed): tags.remove(observed, at: stamp, behind: horizon)
        }
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
