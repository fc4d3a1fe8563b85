// SPDX-License-Identifier: MIT

public import Scuttlebutt
import Synchronization

/// Durable storage for a log.
///
/// An implementation must keep these promises, which the conformance suite in
/// `ScuttlebuttRuntimeTestKit` checks:
/// * ``append(_:)`` returns only when the updates would survive a power failure. Concurrent calls
///   may share one commit; their updates are stored in the order of the calls.
/// * ``load(_:)`` delivers everything stored, byte for byte, with each source's updates ascending.
/// * An update whose timestamp and source are already stored changes nothing. Any other update is
///   kept, even if it is older than the newest one stored of its source: after a store is restored
///   from an older copy, own updates written in between come back from peers behind newly written
///   ones. The version vector covers them, so a dropped one would never be sent again.
/// * A failure throws a `StorageError` and leaves what was stored before unchanged.
public protocol LogStorage: Sendable {
    /// Returns the source that owns this log. A new log durably stores `proposed` and returns it.
    func source(proposing proposed: Source) async throws -> Source

    /// Passes all stored updates to `body` in batches of at most a few thousand.
    ///
    /// Each source's updates ascend, whatever the order in which they were stored.
    ///
    /// - Throws: `StorageError`, or the error thrown by `body`.
    func load(_ body: @Sendable ([Update]) throws -> Void) async throws

    /// Stores updates durably.
    ///
    /// Most updates are newer than all stored ones of their source; older ones must be kept as
    /// well.
    func append(_ updates: [Update]) async throws

    /// Returns the fingerprints of refused updates, oldest first; at most ``refusalLimit``.
    func refusals() async throws -> [Fingerprint]

    /// Remembers refused updates, and forgets the oldest beyond ``refusalLimit``.
    func remember(refusals: [Fingerprint]) async throws

    /// Finishes pending operations and releases the file, after which all calls throw.
    func close() async
}

extension LogStorage {
    /// The maximum number of remembered refusals: 65,536 (2 MiB of fingerprints).
    ///
    /// Beyond that, the oldest is forgotten, which costs another verification if it arrives again.
    public static var refusalLimit: Int { 65_536 }
}

extension LogStorage {
    /// Returns all stored updates, in the order in which ``load(_:)`` passes them.
    package func updates() async throws -> [Update] {
        let loaded = LoadedUpdates()
        try await load { batch in loaded.updates.withLock { $0 += batch } }
        return loaded.updates.withLock { updates in
            defer { updates = [] }
            return updates
        }
    }
}

/// Collects the batches that a storage passes on.
private final class LoadedUpdates: Sendable {
    let updates = Mutex<[Update]>([])
}
