// SPDX-License-Identifier: MIT

/// Identifies one session of a replica; an identifier is never reused.
public struct PeerID: Hashable, Comparable, Sendable {
    /// The number of the session, counted from 1.
    public let number: Int

    /// What stands for the storage where a peer is named; sessions count from 1.
    package static var storage: PeerID { PeerID(number: 0) }

    /// What stands where no session is meant.
    static var nobody: PeerID { PeerID(number: 0) }

    /// Orders sessions by age, oldest first.
    public static func < (left: PeerID, right: PeerID) -> Bool { left.number < right.number }
}
