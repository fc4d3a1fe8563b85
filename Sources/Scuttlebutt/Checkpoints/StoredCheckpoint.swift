// SPDX-License-Identifier: MIT

/// What is known of a state that lies in a storage: which part of the log it contains, and how it
/// can be checked.
///
/// The state itself, up to several megabytes, is stored separately. A storage keeps the promise
/// that a checkpoint contains exactly the updates in the storage up to ``stamp``: whoever stores an
/// update for which ``covers(_:)`` is true removes the checkpoint in the same transaction.
public struct StoredCheckpoint: Hashable, Sendable {
    /// The stamp of the newest update in the state: all that come at or before it are in it, and no
    /// others.
    public var stamp: Stamp
    /// The number of updates in the state.
    public var count: Int
    /// The newest timestamp of each source at or before ``stamp``.
    public var vector: VersionVector
    /// The version of the reducer that made the state, as the application names it.
    public var reducerVersion: String
    /// The stamps of the updates that the reducer skipped because their type was unknown.
    ///
    /// Once a newer build knows one of them, the state is worthless.
    public var unknown: [Stamp]
    /// The SHA-256 of the state's bytes.
    public var stateHash: [UInt8]
    /// The SHA-256 of the log up to ``stamp``: of what the updates mean, not of their bytes, which
    /// JavaScript relays may change.
    public var logHash: [UInt8]
    /// The number of bytes of the state.
    public var stateByteCount: Int

    /// Creates the description of a state.
    public init(
        stamp: Stamp, count: Int, vector: VersionVector, reducerVersion: String,
        unknown: [Stamp] = [], stateHash: [UInt8], logHash: [UInt8], stateByteCount: Int
    ) {
        self.stamp = stamp
        self.count = count
        self.vector = vector
        self.reducerVersion = reducerVersion
        self.unknown = unknown
        self.stateHash = stateHash
        self.logHash = logHash
        self.stateByteCount = stateByteCount
    }

    /// Returns whether an update at this place belongs to the state.
    ///
    /// If it is stored after the checkpoint was made, the state lacks it and is worthless.
    public func covers(_ stamp: Stamp) -> Bool { stamp <= self.stamp }

    /// Returns whether these are the bytes of the state that was stored.
    ///
    /// - Parameter hash: Their SHA-256.
    package func matches(_ bytes: [UInt8], hash: [UInt8]) -> Bool {
        bytes.count == stateByteCount && hash == stateHash
    }
}

extension [StoredCheckpoint] {
    /// The checkpoints that do not contain a stamp, the newest first; all for `nil`.
    ///
    /// Who starts from a checkpoint tries them in this order.
    package func candidates(below bound: Stamp?) -> [StoredCheckpoint] {
        let ascending = sorted { $0.stamp < $1.stamp }
        guard let bound else { return ascending.reversed() }
        return ascending.filter { !$0.covers(bound) }.reversed()
    }

    /// The ones that a storage need not keep, so that their number stays logarithmic.
    ///
    /// Like the snapshots in memory they are dense near the head and sparse far from it: of three
    /// neighbours the middle one is kept only if the oldest is more than twice as far from the head
    /// as the newest, plus `spacing`. The two newest are kept, so that one remains if the other
    /// turns out to be damaged.
    ///
    /// - Parameters:
    ///   - head: The number of updates in the log.
    ///   - spacing: The number of updates between two checkpoints near the head.
    package func surplus(head: Int, spacing: Int) -> [StoredCheckpoint] {
        var kept = sorted { $0.stamp < $1.stamp }
        var surplus: [StoredCheckpoint] = []
        var place = kept.count - 3
        while place > 0 {
            let nearer = head - kept[place + 1].count
            if head - kept[place - 1].count <= 2 * nearer + spacing {
                surplus.append(kept.remove(at: place))
            }
            place -= 1
        }
        return surplus
    }
}
