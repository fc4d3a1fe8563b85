// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
public import ScuttlebuttRuntime
import Synchronization

/// The table of sources, shared by the closures that read.
final class SourceCache: Sendable {
    private let table = Mutex(SourceTable())

    func withLock<Result: Sendable>(
        _ body: (inout SourceTable) throws -> Result
    ) rethrows -> Result {
        try table.withLock { try body(&$0) }
    }
}

/// A log in an SQLite file with one writer, or several that share it, and any number of readers.
///
/// Updates are durable when ``append(_:)`` returns. Appends that arrive while another is being
/// written share the next transaction (group commit), so many concurrent callers are faster than
/// one. An update that is already stored changes nothing; one that is older than the newest of its
/// source is kept like any other.
public final class SQLiteStorage: LogStorage {
    /// How to open a file.
    public struct Mode: Hashable, Sendable {
        private enum Value { case existing, createIfMissing, readOnly, shared }
        private let value: Value

        /// Opens an existing log for writing.
        ///
        /// A missing or empty file is an error.
        public static let existing = Mode(value: .existing)
        /// Opens a log for writing, creating an empty one if the file is missing or empty.
        public static let createIfMissing = Mode(value: .createIfMissing)
        /// Opens a log for reading, even while another process is writing it.
        ///
        /// Creates nothing and takes no lock.
        public static let readOnly = Mode(value: .readOnly)
        /// Opens a log that other processes, or this one, may have open in this mode as well, each
        /// writing under a source of its own; creates an empty one if the file is missing or empty.
        ///
        /// ```swift
        /// // In the app, and in its widget:
        /// let storage = try SQLiteStorage.open(path, mode: .shared)
        /// let store = try await GossipStore(initial: 0, reducer: counter, storage: storage)
        /// store.connect(try .webSocket("wss://example.org/ws"))
        /// ```
        ///
        /// What one stores the others fold at once, and one of them connects for all; see
        /// ``SQLiteStorage/connectionLease``. The first opening in this mode makes the file version
        /// 4, which older versions of this program refuse.
        public static let shared = Mode(value: .shared)
    }

    struct State: Sendable {
        var connection: Connection
        var queue = CommitQueue()
        var isCommitting = false
        var isClosed = false
        var awaitingIdle: [CheckedContinuation<Void, Never>] = []
        var lock: WriterLock?
        /// Reads what may take long; opened when it is needed first.
        var reader: Connection?
        /// The number of transactions, by which a pause in them is recognised.
        var commits = 0
        /// Waits for a pause in the transactions.
        var idling: Task<Void, Never>?
    }

    /// The path of the file, with symbolic links resolved.
    public let path: String
    let mode: Mode
    /// The callers waiting and committing.
    ///
    /// The lock is never held during a transaction.
    let state: Mutex<State>
    /// Changed only within transactions, of which only one runs at a time.
    let writer: Mutex<UpdateWriter?>
    /// Whether the file has our ``WritingMark``; changed as `writer` is.
    let hasMark = Mutex(false)
    /// The sources as reading in agreed order has met them; they never change.
    let sources = SourceCache()
    /// The place among those that share the log; `nil` if it is not shared.
    let membership: StoreMembership?
    /// What of a shared log this storage has told or written.
    let places = Mutex(StoredPlaces())
    /// The source of this opener of a shared log, once it is known.
    let ownSource = Mutex<Source?>(nil)
    /// SQLite's number for the last change by somebody else; changed as `writer` is.
    let dataVersion = Mutex<Int64?>(nil)
    /// Waits for as long as no transaction may run before the log is merged.
    let pause: @Sendable () async throws -> Void

    init(
        path: String, mode: Mode, connection: Connection, lock: WriterLock?, writer: UpdateWriter?,
        membership: StoreMembership? = nil,
        pause: @escaping @Sendable () async throws -> Void = SQLiteStorage.idlePause
    ) {
        self.path = path
        self.mode = mode
        state = Mutex(State(connection: connection, lock: lock))
        self.writer = Mutex(writer)
        self.membership = membership
        self.pause = pause
    }

    deinit {
        state.withLock { $0.idling }?.cancel()
        membership?.end()
    }

    /// One second.
    static let idlePause: @Sendable () async throws -> Void = {
        try await Task.sleep(for: .seconds(1))
    }

    /// Opens a log.
    ///
    /// Blocks for a few file operations and, when opening for writing, for reading one row per
    /// source. A process that opens a log for writing holds `FILE-lock` until ``close()`` or its
    /// end; with ``Mode/shared`` it does so together with others, and waits up to 5 s for those
    /// that are just opening or closing it. A failure leaves the file and its directory unchanged.
    ///
    /// While a store is open for writing, its newest updates are in `FILE-wal`, from where they go
    /// to the file itself when nothing was written for a second, and at the end. A copy of the file
    /// alone that may lack some cannot be opened for writing; see ``StoreFile/isIncomplete(_:)``.
    /// Nor can a file that has several names (hard links), because neither its lock nor its
    /// `FILE-wal` would be found under the others.
    ///
    /// - Throws: `StorageError` `.foreignOrCorrupt`, `.unreadable`, `.tooNew`, `.inUse`,
    ///   `.incomplete`.
    public static func open(_ path: String, mode: Mode) throws -> SQLiteStorage {
        try open(path, mode: mode, pause: idlePause)
    }

    static func open(
        _ path: String, mode: Mode, pause: @escaping @Sendable () async throws -> Void
    ) throws -> SQLiteStorage {
        let path = StoreFile.resolved(path)
        if mode == .readOnly {
            try StoreFile.check(path)
            return try translating(path, .reading) {
                SQLiteStorage(
                    path: path, mode: mode, connection: try Connection.reading(path), lock: nil,
                    writer: nil)
            }
        }
        // The lock and the write-ahead log go by the name.
        if FileIdentity.hasOtherNames(path) { throw StoreFile.linked(path) }
        if mode == .shared { return try openShared(path, pause) }
        var isNew = mode == .createIfMissing ? try StoreFile.isMissingOrEmpty(path) : false
        if !isNew, try StoreFile.check(path).lacksTail { throw WritingMark.incomplete(path) }
        let lock = try WriterLock(store: path)
        if isNew {
            // Another process may have created and closed it meanwhile.
            isNew = try StoreFile.isMissingOrEmpty(path)
            if isNew { try StoreFile.create(path) } else { try StoreFile.check(path) }
        }
        return try translating(path, .opening) {
            let connection = try Connection.writing(path)
            let writer = try connection.read { database in
                try Schema.check(database, path: path)
                return try UpdateWriter(database)
            }
            return SQLiteStorage(
                path: path, mode: mode, connection: connection, lock: lock, writer: writer,
                pause: pause)
        }
    }

    /// Finishes pending appends, merges the write-ahead log into the file, closes the file and
    /// releases the lock.
    public func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.isCommitting { state.awaitingIdle.append(continuation) }
                return !state.isCommitting
            }
            if isIdle { continuation.resume() }
        }
        guard isFirst else { return }
        let (connection, lock, idling) = state.withLock { state in
            defer { (state.lock, state.idling) = (nil, nil) }
            return (state.connection, state.lock, state.idling)
        }
        idling?.cancel()
        await idling?.value
        // In a separate task, because the caller's may be cancelled.
        // Before the log is merged and removed, which only the last connection does.
        state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }?.close()
        if let membership {
            return await Task { await membership.leave(connection, self.path) }.value
        }
        if mode != .readOnly { await Task { await connection.finishWriting() }.value }
        // Release the lock last: the next writer must find our write-ahead log merged.
        withExtendedLifetime(lock) { connection.close() }
    }

    var closedError: StorageError { StorageError(.closed, "\(path) was closed") }
}
