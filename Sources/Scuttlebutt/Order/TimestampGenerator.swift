// SPDX-License-Identifier: MIT

/// Generates the timestamps of one source: strictly increasing, and above everything seen.
///
/// Use one generator per source: two equal timestamps of one source are an equivocation.
public struct TimestampGenerator: Hashable, Sendable {
    private enum Scheme: Hashable, Sendable { case lamport, wallClock }

    private let scheme: Scheme
    private var highestSeen: Double = 0
    private var lastOwn: Double = 0

    private init(_ scheme: Scheme) { self.scheme = scheme }

    /// The Lamport counter of redux-scuttlebutt: `max(last own, highest seen up to 2^52) + 1`.
    ///
    /// It has seen nothing; its first timestamp is 1. Timestamps are integers and do not depend on
    /// the wall clock.
    public static var lamport: TimestampGenerator { TimestampGenerator(.lamport) }

    /// The clock of the original data types: wall-clock milliseconds, made strictly increasing.
    ///
    /// Where the wall clock stands still or has stepped back, the next timestamp is the highest
    /// seen plus 0.001, or the next representable number, so there is no limit per millisecond.
    public static var wallClock: TimestampGenerator { TimestampGenerator(.wallClock) }

    /// Whether ``next(wallClock:)`` looks at the wall clock.
    public var readsWallClock: Bool { scheme == .wallClock }

    /// Returns the next own timestamp.
    ///
    /// - Parameter milliseconds: The wall clock in milliseconds since 1970; ignored by the Lamport
    ///   counter.
    /// - Returns: `nil` only when no accepted timestamp is left above the last own one, which takes
    ///   2^52 own updates.
    public mutating func next(wallClock milliseconds: Double = 0) -> Timestamp? {
        guard let timestamp = following(wallClock: milliseconds) else { return nil }
        lastOwn = timestamp.value
        return timestamp
    }

    /// Returns what ``next(wallClock:)`` would return, without using it up.
    @inline(__always)
    func following(wallClock milliseconds: Double) -> Timestamp? {
        let floor = max(lastOwn, highestSeen)
        var value = milliseconds
        switch scheme {
        case .lamport:
            // Upstream peers write fractions; the counter itself stays an integer. The conversion
            // truncates, because rounding would need the C library's mathematics.
            value = Double(Int64(floor) + 1)
        case .wallClock:
            if !(value > floor) || value > Timestamp.clockCeiling.value {
                value = max(floor + 0.001, floor.nextUp)
            }
        }
        return Timestamp(value)
    }

    /// Records a timestamp of another source, so that the next own one sorts after it.
    ///
    /// A timestamp above ``Timestamp/clockCeiling`` raises nothing.
    public mutating func observe(_ timestamp: Timestamp) {
        guard timestamp <= .clockCeiling else { return }
        highestSeen = max(highestSeen, timestamp.value)
    }

    /// Records an own timestamp as used, for instance one from a saved log.
    public mutating func recover(own timestamp: Timestamp) {
        lastOwn = max(lastOwn, timestamp.value)
    }
}
