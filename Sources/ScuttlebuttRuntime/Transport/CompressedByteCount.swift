// SPDX-License-Identifier: MIT

/// How many bytes were compressed, and to how many.
///
/// Only what was sent in compressed form counts, so that a transport without compression has none.
public struct CompressedByteCount: Hashable, Sendable {
    /// The bytes of the messages before they were compressed.
    public var before: Int
    /// The bytes that were sent instead.
    public var after: Int

    /// Creates a count.
    public init(before: Int = 0, after: Int = 0) {
        self.before = before
        self.after = after
    }

    /// Adds another count.
    public static func += (count: inout Self, other: Self) {
        count.before += other.before
        count.after += other.after
    }

    /// What was counted in the meantime.
    public static func - (later: Self, earlier: Self) -> Self {
        Self(before: later.before - earlier.before, after: later.after - earlier.after)
    }
}
