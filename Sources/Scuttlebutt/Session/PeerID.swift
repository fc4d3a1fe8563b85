// SPDX-License-Identifier: MIT

/// Identifies one session of a replica; an identifier is never reused.
public struct PeerID: Hashable, Comparable, Sendable {
    /// The number of the session, counted from 1.
    public let number: Int

    /// Orders sessions by age, oldest first.
    public static func < (left: PeerID, right: PeerID) -> Bool { left.number < right.number }
}
