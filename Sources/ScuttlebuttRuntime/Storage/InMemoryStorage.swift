// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A log kept in memory, for tests and for stores that need not outlive the process.
///
/// A test drives durability by hand: with ``holdSyncs()`` an append stays suspended until
/// ``sync()``, and ``loseUnsynced()`` is the loss of power in between.
public actor InMemoryStorage: LogStorage {
    private struct Waiting {
        let updates: [Update]
        let continuation: CheckedContinuation<Void, any Error>
    }

    private var identity: Source?
    private var durable: [Update] = []
    private var stamps = StampSet()
    /// Whether each source's updates were stored in ascending order, which is the usual case.
    private var isAscending = true
    private var remembered: [Fingerprint] = []
    private var rememberedSet: Set<Fingerprint> = []

    private var isClosed = false
    private var holdsSyncs = false
    private var failures: [StorageError] = []
    private var waiting: [Waiting] = []

    /// Creates an empty log without a source.
    public init() {}

    /// Returns the log's source, or sets it to `proposed` if it has none.
    public func source(proposing proposed: Source) throws -> Source {
        try requireOpen()
        if let identity { return identity }
        identity = proposed
        return proposed
    }

    /// Passes all updates to `body` in batches of 1,000, in the order they were stored, or in
    /// agreed order if a source's updates were not stored in ascending order.
    public func load(_ body: @Sendable ([Update]) throws -> Void) throws {
        try requireOpen()
        let updates = isAscending ? durable : durable.sorted { $0.stamp < $1.stamp }
        for start in stride(from: 0, to: updates.count, by: 1_000) {
            try body(Array(updates[start..<min(start + 1_000, updates.count)]))
        }
    }

    /// Stores updates; returns when they are durable, which ``holdSyncs()`` delays.
    public func append(_ updates: [Update]) async throws {
        try requireOpen()
        if !failures.isEmpty { throw failures.removeFirst() }
        guard holdsSyncs else { return store(updates) }
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(updates: updates, continuation: continuation))
        }
    }

    /// Returns the remembered refusals, oldest first.
    public func refusals() throws -> [Fingerprint] {
        try requireOpen()
        return remembered
    }

    /// Remembers refusals, and forgets the oldest beyond ``LogStorage/refusalLimit``.
    public func remember(refusals: [Fingerprint]) throws {
        try requireOpen()
        for refusal in refusals where rememberedSet.insert(refusal).inserted {
            remembered.append(refusal)
        }
        let surplus = remembered.count - Self.refusalLimit
        guard surplus > 0 else { return }
        for refusal in remembered.prefix(surplus) { rememberedSet.remove(refusal) }
        remembered.removeFirst(surplus)
    }

    /// Makes what waits durable, then refuses every call until ``reopen()``.
    public func close() {
        sync()
        isClosed = true
    }

    private func requireOpen() throws {
        if isClosed { throw StorageError(.closed, "the log in memory was closed") }
    }

    private func store(_ updates: [Update]) {
        for update in updates {
            switch stamps.add(update.stamp) {
            case .known: continue
            // After a store was lost, own updates can come back from peers behind newer ones.
            case .late: isAscending = false
            case .newest: break
            }
            durable.append(update)
        }
    }
}

// MARK: - Faults

extension InMemoryStorage {
    /// Makes the next append fail with `error` and store nothing; call it twice for two failures.
    public func failNextAppend(
        with error: StorageError = StorageError(.writeFailed, "The disk is full (injected).")
    ) {
        failures.append(error)
    }

    /// From now on an append stays suspended until ``sync()`` or ``loseUnsynced()``.
    public func holdSyncs() { holdsSyncs = true }

    /// Makes every held append durable, in the order of the calls, and resumes the callers.
    public func sync() {
        let held = waiting
        waiting = []
        for append in held {
            store(append.updates)
            append.continuation.resume()
        }
    }

    /// Ends the holding: what waits becomes durable, and later appends are at once.
    public func releaseSyncs() {
        holdsSyncs = false
        sync()
    }

    /// Forgets every held append as a loss of power would; their callers get `.writeFailed`.
    public func loseUnsynced() {
        let held = waiting
        waiting = []
        for append in held {
            append.continuation.resume(
                throwing: StorageError(.writeFailed, "Power was lost before the write (injected)."))
        }
    }

    /// Takes a closed log into use again, with everything that was durable.
    public func reopen() { isClosed = false }

    /// How many appends wait for ``sync()``.
    public var heldAppendCount: Int { waiting.count }

    /// Everything that would survive the loss of power, in the order of storing.
    public var durableUpdates: [Update] { durable }
}
