// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One opening of a store's file by SQLite.
struct Connection: Sendable {
    /// Size and time of change of a file that nobody writes, while it is read without any lock.
    struct Stamp: Hashable, Sendable {
        let byteCount: Int
        let seconds: Int
        let nanoseconds: Int

        /// Returns `nil` when a write-ahead log stands beside the file, or there is no file.
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
    /// Set where the file was opened as one that does not change; it is checked round each read.
    let stamp: Stamp?
    private let registration: OpenStores.Registration

    /// Opens for reading, without leaving files beside the store unless somebody writes it.
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
                // This system's SQLite was built without file names of that form.
            }
        }
        return Connection(
            database: try DatabaseQueue(path: path, configuration: configuration), stamp: nil,
            registration: registration)
    }

    /// Opens for writing; every commit is on the disk when it returns.
    static func writing(_ path: String) throws -> Connection {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = false
        configuration.label = "scuttlebutt.writing"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // Where the system distinguishes, down to the medium; no effect elsewhere.
            try database.execute(sql: "PRAGMA fullfsync = 1")
            try database.execute(sql: "PRAGMA checkpoint_fullfsync = 1")
            // 16 MiB instead of 4 between checkpoints: measured best for group commits.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        }
        let registration = try register(path)
        return Connection(
            database: try DatabaseQueue(path: path, configuration: configuration), stamp: nil,
            registration: registration)
    }

    /// Closes the file; the last of all processes to do so merges the write-ahead log.
    func close() {
        // It can fail only with a statement still running, which ours, all inside closures, do not.
        try? database.close()
        registration.release()
    }

    private static func register(_ path: String) throws -> OpenStores.Registration {
        guard let identity = FileIdentity(path: path) else {
            throw StorageError(.unreadable, "\(path) is gone; was it moved or deleted?")
        }
        return OpenStores.Registration(identity)
    }

    /// The path as it stands in a `file:` address.
    private static func escaped(_ path: String) -> String {
        let plain = Set("/.-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in path.utf8 {
            if plain.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
