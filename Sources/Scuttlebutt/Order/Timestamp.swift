// SPDX-License-Identifier: MIT

/// The logical time of an update: a finite number greater than zero and at most 2^53 − 1.
///
/// Redux actions use an integer counter; the upstream types use wall-clock milliseconds with a
/// fraction. Both are plain JSON numbers, and receivers only compare them.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// The number, as on the wire.
    public let value: Double

    /// Creates a timestamp; returns `nil` if the number is not finite, not positive, or above
    /// ``maximum``.
    @inlinable
    public init?(_ value: Double) {
        guard value > 0, value <= 9_007_199_254_740_991 else { return nil }
        self.value = value
    }

    @usableFromInline
    init(unchecked value: Double) { self.value = value }

    /// The largest accepted timestamp, 2^53 − 1, up to which JavaScript represents all integers
    /// exactly.
    public static let maximum = Timestamp(unchecked: 9_007_199_254_740_991)

    /// The clock ceiling, 2^52.
    ///
    /// A received timestamp above it is ordered normally, but does not advance any clock, so that
    /// no peer can exhaust the timestamps above ours.
    public static let clockCeiling = Timestamp(unchecked: 4_503_599_627_370_496)

    /// A value before all timestamps, which no update has.
    package static let zero = Timestamp(unchecked: 0)

    /// Orders timestamps by their numbers.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.value < right.value }
}
