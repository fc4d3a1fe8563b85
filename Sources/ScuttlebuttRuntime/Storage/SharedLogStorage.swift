// SPDX-License-Identifier: MIT

/// A log storage that several processes may write at once, each under a source of its own.
///
/// A store with such a storage folds what the others store, promptly, and dials peers only while it
/// holds the ``connectionLease``. An implementation keeps these promises:
/// * ``LogStorage/source(proposing:)`` never returns the same source to two openers at a time.
///   Whoever gets the source of a process that has ended finds everything that it stored.
/// * ``nextOfOthers(limit:)`` returns each update that another opener stored once, beginning with
///   the first that the reading of the log at the start did not see.
/// * The sequence ``changesOfOthers()`` says so within a second, or at the latest after a few.
public protocol SharedLogStorage: LogStorage {
    /// Whether others may write to the log while this storage is open.
    var isShared: Bool { get }

    /// The right to connect to peers on behalf of all processes; `nil` if the log is not shared.
    var connectionLease: (any ConnectionLease)? { get }

    /// Returns the next updates that others have stored, in the order of storing; nothing if there
    /// are no more.
    ///
    /// - Throws: ``/Scuttlebutt/StorageError``; then the next call begins at the same place.
    /// - Complexity: O(log n) and O(1) for each update returned.
    func nextOfOthers(limit: Int) async throws -> StoredByOthers

    /// Returns a sequence that has an element whenever others may have stored something, and ends
    /// when the storage is closed; for one reader.
    func changesOfOthers() -> AsyncStream<Void>
}
