// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import GRDBSQLite
import Scuttlebutt
import ScuttlebuttRuntime

/// An open SQLite connection to a store.
struct Connection: Sendable {
    /// The sizes and modification times of files that are being read without a lock, because nobody
    /// appears to be writing to them.
    struct Stamp: Hashable, Sendable {
        private let file: Age
        private let log: Age?
        private let hasIndex: Bool

        /// Returns `nil` if the file does not exist.
        init?(path: String) {
            guard let file = Age(path) else { return nil }
            self.file = file
            log = Age(path + "-wal")
            hasIndex = Age(path + "-shm") != nil
        }

        /// Whether there is no write-ahead log.
        var isAlone: Bool { log == nil }
        /// Whether there is a write-ahead log without the index that a writer keeps next to it.
        var isUnindexed: Bool { log != nil && !hasIndex }
    }

    private struct Age: Hashable, Sendable {
        let byteCount: Int
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            byteCount = Int(status.st_size)
            #if canImport(Darwin)
                let time = status.st_mtimespec
            #else
                let time = status.st_mtim
            #endif
            seconds = Int(time.tv_sec)
            nanoseconds = Int(time.tv_nsec)
        }
    }

    let database: DatabaseQueue
    /// Set if the file was opened without locks, in which case every read checks that it has not
    /// changed.
    let stamp: Stamp?
    private let registration: OpenStores.Registration

    /// Opens a store for reading, without creating files next to it unless another process is
    /// writing it.
    static func reading(_ path: String) throws -> Connection {
        let registration = try register(path)
        let stamp = Stamp(path: path)
        if let stamp, stamp.isAlone {
            do {
                let database = try SystemFailure.noting {
                    try DatabaseQueue(
                        path: "file:" + escaped(path) + "?immutable=1",
                        configuration: readingConfiguration())
                }
                return Connection(database: database, stamp: stamp, registration: registration)
            } catch let error where SystemFailure.cannotOpen(error) {
                // This system's SQLite was built without support for URI file names, or the next
                // attempt has the same error.
            }
        }
        do {
            let database = try SystemFailure.noting {
                try DatabaseQueue(path: path, configuration: readingConfiguration())
            }
            return Connection(database: database, stamp: nil, registration: registration)
        } catch {
            // SQLite wants to create the log's index next to it. In a folder that cannot be written
            // the index can be in memory: nobody is writing, for a writer would have created the
            // index. The name may not be understood; the first error is the better one then.
            guard access(FileCause.folder(of: path), W_OK) != 0, let stamp, stamp.isUnindexed,
                Stamp(path: path) == stamp
            else { throw error }
            guard
                let database = try? DatabaseQueue(
                    path: "file:" + escaped(path) + "?vfs=unix-none",
                    configuration: readingConfiguration(indexInMemory: true))
            else { throw error }
            return Connection(database: database, stamp: stamp, registration: registration)
        }
    }

    /// Opens a store for reading that this process has open for writing, so that long reads do not
    /// keep its transactions waiting.
    static func readingOwn(_ path: String) throws -> Connection {
        let registration = try register(path)
        let database = try SystemFailure.noting {
            try DatabaseQueue(path: path, configuration: readingConfiguration())
        }
        return Connection(database: database, stamp: nil, registration: registration)
    }

    private static func readingConfiguration(indexInMemory: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.label = "scuttlebutt.reading"
        configuration.prepareDatabase { database in
            if indexInMemory { try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            try touch(database)
        }
        return configuration
    }

    /// Reads from the file for the first time, where the system's error number is still known.
    ///
    /// GRDB would do so next, and close the file on an error, which is another call that can fail.
    private static func touch(_ database: Database) throws {
        try SystemFailure.noting {
            _ = try Row.fetchOne(database, sql: "SELECT 1 FROM sqlite_master LIMIT 1")
        }
    }

    /// Runs `body` in a transaction that reads.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try database.read { database in
            try SystemFailure.noting { try body(database) }
        }
    }

    /// Runs `body` in a transaction that reads, without blocking the caller's thread.
    func readAsync<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await database.read { database in
            try SystemFailure.noting { try body(database) }
        }
    }

    /// Runs `body`, which begins and ends its transactions.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await database.writeWithoutTransaction { database in
            try SystemFailure.noting { try body(database) }
        }
    }

    /// Opens a store for writing.
    ///
    /// Every commit is durable when it returns.
    ///
    /// - Parameter isShared: Whether others may write to the store too, for whose transactions ours
    ///   wait.
    static func writing(_ path: String, isShared: Bool = false) throws -> Connection {
        do {
            return try writingOnce(path, isShared)
        } catch let error where SystemFailure.hasLostReason(error) {
            let number = SystemFailure.reasonNotToWrite(path)
            guard number == 0 else { throw SystemFailure(number: number) }
            return try writingOnce(path, isShared)
        }
    }

    private static func writingOnce(_ path: String, _ isShared: Bool) throws -> Connection {
        var configuration = Configuration()
        configuration.busyMode = .timeout(isShared ? 30 : 5)
        configuration.foreignKeysEnabled = false
        configuration.label = "scuttlebutt.writing"
        configuration.prepareDatabase { database in
            // First, because an error in what follows closes the file.
            keepLog(true, database)
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // On systems that distinguish, sync down to the medium; no effect elsewhere.
            try database.execute(sql: "PRAGMA fullfsync = 1")
            try database.execute(sql: "PRAGMA checkpoint_fullfsync = 1")
            // 16 MiB instead of 4 MiB between checkpoints, which measured best for group commits.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            // SQLite opens for reading what it cannot open for writing, and would refuse every
            // append. Nothing is written here, but the lock is refused if the log was opened so.
            guard sqlite3_db_readonly(database.sqliteConnection, "main") == 0 else {
                throw DatabaseError(resultCode: .SQLITE_READONLY)
            }
            try SystemFailure.noting {
                try Schema.requireWriteAhead(database)
                try database.execute(sql: "BEGIN IMMEDIATE; ROLLBACK")
            }
        }
        let registration = try register(path)
        let database = try SystemFailure.noting {
            try DatabaseQueue(path: path, configuration: configuration)
        }
        return Connection(database: database, stamp: nil, registration: registration)
    }

    /// Whether the write-ahead log remains after closing, merged or not.
    ///
    /// It does unless the store was closed properly: a file with a ``WritingMark`` must not be
    /// without its log.
    private static func keepLog(_ keeps: Bool, _ database: Database) {
        var flag: CInt = keeps ? 1 : 0
        sqlite3_file_control(
            database.sqliteConnection, "main", SQLITE_FCNTL_PERSIST_WAL, &flag)
    }

    /// Checks that the file and its log are where the next opening will look for them.
    ///
    /// What is written to a file that was deleted meanwhile is gone with the process, and SQLite
    /// notices nothing in write-ahead mode. Costs two system calls.
    static func requireInPlace(_ database: Database, path: String) throws {
        var hasMoved: CInt = 0
        let code = sqlite3_file_control(
            database.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard code == SQLITE_OK else { return }
        guard hasMoved == 0, access(path + "-wal", F_OK) == 0 || errno != ENOENT else {
            throw DatabaseError(resultCode: .SQLITE_READONLY_DBMOVED)
        }
    }

    /// Merges the write-ahead log into the main file, as far as readers permit.
    ///
    /// Appends wait meanwhile.
    func checkpoint() async throws {
        try await write { database in _ = try database.checkpoint(.passive) }
    }

    /// Removes the ``WritingMark``, so that closing can remove the write-ahead log.
    ///
    /// If that fails, both remain, and the next opening has them.
    func finishWriting() async {
        try? await write { database in
            try WritingMark.clear(database)
            // Closing merges the log too, but not while somebody else has the file open.
            _ = try database.checkpoint(.passive)
            Connection.keepLog(false, database)
        }
    }

    /// Closes the file.
    ///
    /// The last process to do so merges the write-ahead log.
    func close() {
        // Closing only fails while a statement is running; ours run inside closures.
        try? database.close()
        registration.release()
    }

    private static func register(_ path: String) throws -> OpenStores.Registration {
        guard let identity = FileIdentity(path: path) else {
            throw StorageError(.unreadable, "\(path) no longer exists; was it moved or deleted?")
        }
        return OpenStores.Registration(identity)
    }

    /// Escapes a path for a `file:` URI.
    private static func escaped(_ path: String) -> String {
        let plain = CharacterSet(
            charactersIn: "/.-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        return path.addingPercentEncoding(withAllowedCharacters: plain) ?? path
    }
}
