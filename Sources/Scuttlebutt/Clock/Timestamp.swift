// SPDX-License-Identifier: MIT

/// The logical time in an update: a number that is finite, greater than zero and at most 2^53 − 1.
///
/// On the redux wire it is an integer counter; the upstream types use wall-clock milliseconds with
/// a fraction. Both are plain JSON numbers, and a receiver only compares them.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// The number as it stands on the wire.
    public let value: Double

    /// Makes a timestamp, or `nil` when the number is not finite, not positive, or above
    /// ``maximum``.
    @inlinable
    public init?(_ value: Double) {
        guard value > 0, value <= 9_007_199_254_740_991 else { return nil }
        self.value = value
    }

    @usableFromInline
    init(unchecked value: Double) { self.value = value }

    /// The largest timestamp that is accepted, 2^53 − 1: the largest integer up to which
    /// JavaScript counts without gaps.
    public static let maximum = Timestamp(unchecked: 9_007_199_254_740_991)

    /// The clock ceiling, 2^52: a seen timestamp above it is kept in its place but raises nobody's
    /// clock, so that no peer can use up the space above us.
    public static let clockCeiling = Timestamp(unchecked: 4_503_599_627_370_496)

    /// Before all timestamps; never that of an update.
    static let zero = Timestamp(unchecked: 0)

    /// Orders by number.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.value < right.value }
}

/// The place of an update in the one order that all peers agree on: timestamp, then source.
///
/// A stamp is also the identity of an update on the classic wire.
public struct Stamp: Hashable, Comparable, Sendable {
    /// The logical time.
    public let timestamp: Timestamp
    /// The writer; decides between equal timestamps, by UTF-16 code units.
    public let source: Source

    /// Makes a stamp of its two parts.
    @inlinable
    public init(timestamp: Timestamp, source: Source) {
        self.timestamp = timestamp
        self.source = source
    }

    /// The total order of updates.
    @inlinable
    public static func < (left: Stamp, right: Stamp) -> Bool {
        if left.timestamp.value != right.timestamp.value {
            return left.timestamp.value < right.timestamp.value
        }
        return left.source < right.source
    }
}
