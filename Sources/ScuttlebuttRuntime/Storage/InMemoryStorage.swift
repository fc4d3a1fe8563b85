// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A log kept in memory, for tests and for stores that need not outlive the process.
public actor InMemoryStorage: TieredLogStorage {
    private var log = MemoryLog()

    /// Creates an empty log without a source.
    public init() {}

    /// Returns the log's source, or sets it to `proposed` if it has none.
    public func source(proposing proposed: Source) throws -> Source {
        try log.source(proposing: proposed)
    }

    /// Passes all updates to `body` in batches of 1,000, in the order they were stored, or in
    /// agreed order if a source's updates were not stored in ascending order.
    public func load(_ body: @Sendable ([Update]) throws -> Void) throws { try log.load(body) }

    /// Stores updates.
    public func append(_ updates: [Update]) throws {
        try log.requireOpen()
        log.append(updates)
    }

    /// Returns the remembered refusals, oldest first.
    public func refusals() throws -> [Fingerprint] { try log.refusals() }

    /// Remembers refusals, and forgets the oldest beyond ``LogStorage/refusalLimit``.
    public func remember(refusals: [Fingerprint]) throws {
        try log.remember(refusals, limit: Self.refusalLimit)
    }

    /// Returns what the log contains.
    public func summary() throws -> LogSummary { try log.summary() }

    /// Returns the newest stamp after which there are at most `count` updates.
    public func floor(leaving count: Int) throws -> Stamp? { try log.floor(leaving: count) }

    /// Returns the updates after a stamp, in agreed order.
    public func updates(after stamp: Stamp?, limit: DeltaLimit) throws -> [Update] {
        try log.updates(after: stamp, limit: limit)
    }

    /// Returns a mark of the log's present end.
    public func mark() throws -> Int64 {
        try log.requireOpen()
        return Int64(log.updates.count)
    }

    /// Returns the checkpoints, the oldest first.
    public func checkpoints() throws -> [StoredCheckpoint] { try log.checkpoints() }

    /// Returns the bytes of a checkpoint's state.
    public func state(of checkpoint: StoredCheckpoint) throws -> [UInt8] {
        try log.state(of: checkpoint)
    }

    /// Stores a checkpoint unless an update at or before it was stored after `mark`.
    public func file(
        _ checkpoint: StoredCheckpoint, state: [UInt8], since mark: Int64
    ) throws -> Bool {
        try log.file(checkpoint, state: state, since: mark)
    }

    /// Removes checkpoints.
    public func remove(_ checkpoints: [StoredCheckpoint]) throws { try log.remove(checkpoints) }

    /// Refuses every call until ``reopen()``.
    public func close() { log.isClosed = true }

    /// Reopens a closed log with everything that was stored.
    public func reopen() { log.isClosed = false }
}
