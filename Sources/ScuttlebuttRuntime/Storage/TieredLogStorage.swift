// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A log storage that can be read in part, and that keeps checkpoints of the state beside the log.
///
/// With it, memory is only a cache: a store begins with the newest checkpoint and the updates after
/// it, serves peers that are far behind from the storage, and rewinds to an older checkpoint for an
/// action that is very late. Besides the promises of ``LogStorage``, an implementation keeps these,
/// which the conformance suite checks:
/// * ``updates(after:limit:)`` returns updates in the agreed order and leaves none out.
/// * A checkpoint in the storage contains exactly the stored updates up to its stamp: whoever
///   appends an update at or before it removes the checkpoint in the same transaction.
public protocol TieredLogStorage: LogStorage {
    /// Returns what the log contains.
    ///
    /// An older file may be brought into the present form first, in one transaction, which takes
    /// about 2 µs per update.
    ///
    /// - Complexity: O(sources).
    func summary() async throws -> LogSummary

    /// Returns the newest stamp after which there are at most `limit.updates` updates; `nil` if
    /// there are no more than that altogether.
    ///
    /// - Complexity: O(limit).
    func floor(leaving count: Int) async throws -> Stamp?

    /// Returns the updates after a stamp, in agreed order.
    ///
    /// - Parameters:
    ///   - stamp: Where to begin; `nil` for the beginning of the log.
    ///   - limit: The most to return; at least one update is returned if there is one.
    /// - Returns: Nothing if there is nothing after `stamp`.
    /// - Throws: ``/Scuttlebutt/StorageError``, also if what was to be read is damaged.
    func updates(after stamp: Stamp?, limit: DeltaLimit) async throws -> [Update]

    /// Returns a mark of the log's present end, for ``file(_:state:since:)``.
    func mark() async throws -> Int64

    /// Returns the checkpoints, the oldest first; one whose description is damaged is left out.
    func checkpoints() async throws -> [StoredCheckpoint]

    /// Returns the bytes of a checkpoint's state.
    ///
    /// They are not compared with `StoredCheckpoint.stateHash`.
    ///
    /// - Throws: ``/Scuttlebutt/StorageError`` if they cannot be read or are not complete.
    func state(of checkpoint: StoredCheckpoint) async throws -> [UInt8]

    /// Stores a checkpoint durably, in one transaction.
    ///
    /// - Parameters:
    ///   - checkpoint: What is known of the state.
    ///   - state: Its bytes.
    ///   - mark: The mark of an end of the log up to which the caller has compared it with the
    ///     state.
    /// - Returns: `false`, without any change, if an update at or before the checkpoint was stored
    ///   after `mark`, so that the state may lack it.
    func file(
        _ checkpoint: StoredCheckpoint, state: [UInt8], since mark: Int64
    ) async throws -> Bool

    /// Removes checkpoints; those that are not there are ignored.
    func remove(_ checkpoints: [StoredCheckpoint]) async throws
}
