// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A log kept in memory, for tests and for stores that need not outlive the process.
public actor InMemoryStorage: LogStorage {
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

    /// Refuses every call until ``reopen()``.
    public func close() { log.isClosed = true }

    /// Reopens a closed log with everything that was stored.
    public func reopen() { log.isClosed = false }
}
