// SPDX-License-Identifier: MIT

public import Scuttlebutt
public import ScuttlebuttRuntime

extension FaultInjectingStorage {
    /// Makes reading in part fail from now on, or work again.
    public func failReads(_ fails: Bool) { failsReads = fails }

    /// Suspends every read of a page of updates from now on until ``releaseReads()``.
    public func holdReads() { holdsReads = true }

    /// Resumes the held reads, which see the log as it is then, and holds no later ones.
    public func releaseReads() {
        holdsReads = false
        let reads = heldReads
        heldReads = []
        for read in reads { read.resume() }
    }

    /// The number of held reads.
    public var heldReadCount: Int { heldReads.count }

    private func requireReadable() throws {
        if failsReads { throw StorageError(.unreadable, "the disk does not answer (injected)") }
    }

    /// Returns what the durable log contains.
    public func summary() throws -> LogSummary {
        try requireReadable()
        return try log.summary()
    }

    /// Returns the newest stamp after which there are at most `count` durable updates.
    public func floor(leaving count: Int) throws -> Stamp? {
        try requireReadable()
        return try log.floor(leaving: count)
    }

    /// Returns the durable updates after a stamp, in agreed order.
    public func updates(after stamp: Stamp?, limit: DeltaLimit) async throws -> [Update] {
        if holdsReads { await withCheckedContinuation { heldReads.append($0) } }
        try requireReadable()
        return try log.updates(after: stamp, limit: limit)
    }

    /// Returns a mark of the durable log's present end.
    public func mark() throws -> Int64 {
        try log.requireOpen()
        return Int64(log.updates.count)
    }

    /// Returns the checkpoints, the oldest first.
    public func checkpoints() throws -> [StoredCheckpoint] {
        try requireReadable()
        return try log.checkpoints()
    }

    /// Returns the bytes of a checkpoint's state.
    public func state(of checkpoint: StoredCheckpoint) throws -> [UInt8] {
        try requireReadable()
        return try log.state(of: checkpoint)
    }

    /// Stores a checkpoint unless an update at or before it was stored after `mark`.
    public func file(
        _ checkpoint: StoredCheckpoint, state: [UInt8], since mark: Int64
    ) throws -> Bool {
        try log.file(checkpoint, state: state, since: mark)
    }

    /// Removes checkpoints.
    public func remove(_ checkpoints: [StoredCheckpoint]) throws { try log.remove(checkpoints) }
}
