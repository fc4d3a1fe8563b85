// SPDX-License-Identifier: MIT

/// A hash of a log, to which updates are added in agreed order.
package protocol LogHashing: Sendable {
    /// Continues from a hash; 32 zeros stand for the empty log.
    init(_ bytes: [UInt8])
    /// The hash so far.
    var bytes: [UInt8] { get }
    /// Adds the next update.
    mutating func add(_ update: Update)
}

/// What is known of the log up to some place, read in agreed order from a checkpoint on.
///
/// A state is compared with it before it is stored as a checkpoint.
package struct LogTail<Hash: LogHashing>: Sendable {
    /// The most unknown actions that a checkpoint lists; with more, none is stored.
    package static var unknownLimit: Int { 1_000 }

    /// The stamp of the newest update.
    package private(set) var cursor: Stamp?
    /// The number of updates, those in the checkpoint included.
    package private(set) var count: Int
    /// The newest timestamp of each source.
    package private(set) var vector: VersionVector
    /// The hash of all of them.
    package private(set) var hash: Hash
    /// The stamps of those whose action this build does not know.
    package var unknown: [Stamp]
    /// The number of updates that were read.
    package private(set) var readCount = 0
    /// The number of their bytes.
    package private(set) var byteCount = 0

    /// Continues after a checkpoint, or from the beginning of the log.
    package init(after checkpoint: StoredCheckpoint?) {
        cursor = checkpoint?.stamp
        count = checkpoint?.count ?? 0
        vector = checkpoint?.vector ?? VersionVector()
        hash = Hash(checkpoint?.logHash ?? [UInt8](repeating: 0, count: 32))
        unknown = checkpoint?.unknown ?? []
    }

    /// Adds the next updates in agreed order.
    package mutating func add(_ updates: [Update]) {
        for update in updates {
            hash.add(update)
            vector.advance(update.source, to: update.timestamp)
            byteCount += update.byteCount
        }
        count += updates.count
        readCount += updates.count
        if let last = updates.last { cursor = last.stamp }
    }

    /// Returns the description of a state that all of these updates are folded into, and no others.
    package func checkpoint(
        at stamp: Stamp, reducerVersion: String, stateHash: [UInt8], stateByteCount: Int
    ) -> StoredCheckpoint {
        StoredCheckpoint(
            stamp: stamp, count: count, vector: vector, reducerVersion: reducerVersion,
            unknown: unknown, stateHash: stateHash, logHash: hash.bytes,
            stateByteCount: stateByteCount)
    }
}
