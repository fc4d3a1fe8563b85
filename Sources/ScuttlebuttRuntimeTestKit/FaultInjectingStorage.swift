// SPDX-License-Identifier: MIT

public import Scuttlebutt
public import ScuttlebuttRuntime

/// A log in memory whose durability a test controls.
///
/// After ``holdSyncs()``, an append stays suspended until ``sync()``; ``loseUnsynced()`` simulates
/// a power failure in between.
public actor FaultInjectingStorage: TieredLogStorage {
    private struct HeldAppend {
        let updates: [Update]
        let continuation: CheckedContinuation<Void, any Error>
    }

    var log = MemoryLog()
    /// Whether reading in part fails.
    var failsReads = false
    var holdsReads = false
    var heldReads: [CheckedContinuation<Void, Never>] = []
    private var holdsSyncs = false
    private var failures: [StorageError] = []
    private var held: [HeldAppend] = []

    /// Creates an empty log without a source.
    public init() {}

    // MARK: - The log

    /// Returns the log's source, or sets it to `proposed` if it has none.
    public func source(proposing proposed: Source) throws -> Source {
        try log.source(proposing: proposed)
    }

    /// Passes all durable updates to `body` in batches of 1,000, with each source's ascending.
    public func load(_ body: @Sendable ([Update]) throws -> Void) throws { try log.load(body) }

    /// Stores updates and waits until they are durable, which ``holdSyncs()`` delays.
    public func append(_ updates: [Update]) async throws {
        try log.requireOpen()
        if !failures.isEmpty { throw failures.removeFirst() }
        guard holdsSyncs else { return log.append(updates) }
        try await withCheckedThrowingContinuation { continuation in
            held.append(HeldAppend(updates: updates, continuation: continuation))
        }
    }

    /// Returns the remembered refusals, oldest first.
    public func refusals() throws -> [Fingerprint] { try log.refusals() }

    /// Remembers refusals, and forgets the oldest beyond `LogStorage.refusalLimit`.
    public func remember(refusals: [Fingerprint]) throws {
        try log.remember(refusals, limit: Self.refusalLimit)
    }

    /// Makes held appends durable, then refuses every call until ``reopen()``.
    public func close() {
        sync()
        log.isClosed = true
    }

    /// Reopens a closed log with everything that was durable.
    public func reopen() { log.isClosed = false }

    // MARK: - Faults

    /// Makes the next append fail with `error` and store nothing; call it twice for two failures.
    public func failNextAppend(
        with error: StorageError = StorageError(.writeFailed, "the disk is full (injected)")
    ) {
        failures.append(error)
    }

    /// Suspends every append from now on until ``sync()`` or ``loseUnsynced()``.
    public func holdSyncs() { holdsSyncs = true }

    /// Makes every held append durable, in the order of the calls, and resumes the callers.
    public func sync() {
        let appends = held
        held = []
        for append in appends {
            log.append(append.updates)
            append.continuation.resume()
        }
    }

    /// Makes every held append durable, and stops holding later ones.
    public func releaseSyncs() {
        holdsSyncs = false
        sync()
    }

    /// Drops every held append like a power failure; the callers get `.writeFailed`.
    public func loseUnsynced() {
        let appends = held
        held = []
        for append in appends {
            append.continuation.resume(
                throwing: StorageError(
                    .writeFailed, "power was lost before the write (injected)"))
        }
    }

    /// The number of held appends.
    public var heldAppendCount: Int { held.count }

    /// Everything that would survive a power failure, in storage order.
    public var durableUpdates: [Update] { log.updates }
}
