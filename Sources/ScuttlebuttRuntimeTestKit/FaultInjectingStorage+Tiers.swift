// SPDX-License-Identifier: MIT

public import Scuttlebutt
public import ScuttlebuttRuntime

extension FaultInjectingStorage {
    /// Makes reading in part fail from now on, or work again.
    public func failReads(_ fails: Bool) { failsReads = fails }

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
    public func updates(after stamp: Stamp?, limit: DeltaLimit) throws -> [Update] {
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
