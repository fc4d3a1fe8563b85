// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

/// An open SQLite connection to a store.
struct Connection: Sendable {
    /// The size and modification time of a file that is being read without a lock, because nobody
    /// appears to be writing to it.
    struct Stamp: Hashable, Sendable {
        let byteCount: Int
        let seconds: Int
        let nanoseconds: Int

        /// Returns `nil` if the file has a write-ahead log or does not exist.
        init?(path: String) {
            var status = stat()
            guard stat(path + "-wal", &status) != 0, stat(path, &status) == 0 else { return nil }
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
    /// Set if the file was opened as immutable, in which case every read checks that it has not
    /// changed.
    let stamp: Stamp?
    private let registration: OpenStores.Registration

    /// Opens a store for reading, without creating files next to it unless another process is
    /// writing it.
    static func reading(_ path: String) throws -> Connection {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.label = "scuttlebutt.reading"
        let registration = try register(path)
        if let stamp = Stamp(path: path) {
            do {
                let database = try DatabaseQueue(
                    path: "file:" + escaped(path) + "?immutable=1", configuration: configuration)
                return Connection(database: database, stamp: stamp, registration: registration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
                // This system's SQLite was built without support for URI file names.
            }
        }
        return Connection(
            database: try DatabaseQueue(path: path, configuration: configuration), stamp: nil,
            registration: registration)
    }

    /// Opens a store for writing.
    ///
    /// Every commit is durable when it returns.
    static func writing(_ path: String) throws -> Connection {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = false
        configuration.label = "scuttlebutt.writing"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // On systems that distinguish, sync down to the medium; no effect elsewhere.
            try database.execute(sql: "PRAGMA fullfsync = 1")
            try database.execute(sql: "PRAGMA checkpoint_fullfsync = 1")
            // 16 MiB instead of 4 MiB between checkpoints, which measured best for group commits.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        }
        let registration = try register(path)
        return Connection(
            database: try DatabaseQueue(path: path, configuration: configuration), stamp: nil,
            registration: registration)
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
