// SPDX-License-Identifier: MIT

/// Makes the timestamps of one source: strictly increasing, and above all that was seen.
///
/// One generator per source, never two: equal timestamps of one source are an equivocation.
public protocol TimestampGenerator: Sendable {
    /// The next own timestamp.
    ///
    /// - Parameter milliseconds: The wall clock in milliseconds since 1970; a logical generator
    ///   does not look at it.
    /// - Returns: `nil` only when no accepted timestamp is left above the last own one, which takes
    ///   2^52 own updates.
    mutating func next(wallClock milliseconds: Double) -> Timestamp?

    /// Takes a timestamp as seen, so that the next own one sorts after it.
    ///
    /// One above ``Timestamp/clockCeiling`` raises nothing.
    mutating func observe(_ timestamp: Timestamp)

    /// Takes an own timestamp as used, for instance from a saved log.
    mutating func recover(own timestamp: Timestamp)
}

/// The Lamport counter of redux-scuttlebutt: `max(last own, highest seen up to 2^52) + 1`.
public struct LamportGenerator: TimestampGenerator {
    private var highestSeen: Double = 0
    private var lastOwn: Double = 0

    /// Makes a generator that has seen nothing; its first timestamp is 1.
    public init() {}

    /// The next own timestamp, an integer.
    public mutating func next(wallClock milliseconds: Double = 0) -> Timestamp? {
        // Fractions may have been seen from upstream peers: the counter itself stays an integer.
        // Through an integer, for rounding would need the C library's mathematics.
        let value = Double(Int64(max(lastOwn, highestSeen)) + 1)
        guard let timestamp = Timestamp(value) else { return nil }
        lastOwn = value
        return timestamp
    }

    /// Takes a timestamp as seen, unless it is above the clock ceiling.
    public mutating func observe(_ timestamp: Timestamp) {
        guard timestamp <= .clockCeiling else { return }
        highestSeen = max(highestSeen, timestamp.value)
    }

    /// Takes an own timestamp as used.
    public mutating func recover(own timestamp: Timestamp) {
        lastOwn = max(lastOwn, timestamp.value)
    }
}

/// The upstream clock: wall-clock milliseconds, made strictly increasing.
///
/// Where the wall clock stands still or has stepped back, the next timestamp is the highest seen
/// plus 0.001, or the next representable number, so there is no limit per millisecond and no loop.
public struct WallClockGenerator: TimestampGenerator {
    private var highestSeen: Double = 0
    private var lastOwn: Double = 0

    /// Makes a generator that has seen nothing.
    public init() {}

    /// The next own timestamp: the wall clock when that is ahead of everything seen.
    public mutating func next(wallClock milliseconds: Double) -> Timestamp? {
        let floor = max(lastOwn, highestSeen)
        var value = milliseconds
        if !(value > floor) || value > Timestamp.clockCeiling.value {
            value = max(floor + 0.001, floor.nextUp)
        }
        guard let timestamp = Timestamp(value) else { return nil }
        lastOwn = value
        return timestamp
    }

    /// Takes a timestamp as seen, unless it is above the clock ceiling.
    public mutating func observe(_ timestamp: Timestamp) {
        guard timestamp <= .clockCeiling else { return }
        highestSeen = max(highestSeen, timestamp.value)
    }

    /// Takes an own timestamp as used.
    public mutating func recover(own timestamp: Timestamp) {
        lastOwn = max(lastOwn, timestamp.value)
    }
}
