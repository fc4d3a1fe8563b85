// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Where a log is kept so that it survives the process.
///
/// What an implementor promises (the conformance suite in `ScuttlebuttRuntimeTestKit` checks it):
/// * ``append(_:)`` returns only when the updates would survive loss of power; calls made at the
///   same time may share one commit, and are stored in the order of the calls.
/// * ``load(_:)`` hands out everything stored, each source's updates ascending, byte for byte.
/// * An update whose (timestamp, source) is stored already changes nothing. Any other one is kept,
///   also one that is older than the newest stored of its source: when a store was set back to an
///   older copy, own updates of the time between come home from peers behind newly written ones.
///   The version vector covers them, so one that is dropped here would never come again.
/// * A failure leaves what was stored before untouched, and is a ``StorageError``.
public protocol LogStorage: Sendable {
    /// The source whose log this is; a new log takes `proposed` and keeps it durably.
    func source(proposing proposed: Source) async throws -> Source

    /// Hands out all stored updates in batches of at most a few thousand.
    ///
    /// Each source's updates ascend, whatever the order in which they were stored.
    ///
    /// - Throws: ``StorageError``, or what `body` throws.
    func load(_ body: @Sendable ([Update]) throws -> Void) async throws

    /// Stores updates; they are durable on return.
    ///
    /// Most are newer than all stored ones of their source; those that are not are kept as well.
    func append(_ updates: [Update]) async throws

    /// The fingerprints of refused updates, oldest first; at most ``refusalLimit``.
    func refusals() async throws -> [Fingerprint]

    /// Remembers refused updates; the oldest beyond ``refusalLimit`` are forgotten.
    func remember(refusals: [Fingerprint]) async throws

    /// Finishes what was begun and releases the file. Later calls throw.
    func close() async
}

extension LogStorage {
    /// How many refusals are remembered: 65,536 (2 MiB of fingerprints).
    ///
    /// Beyond it the oldest is forgotten, which costs one more verification should it come again.
    public static var refusalLimit: Int { 65_536 }
}
