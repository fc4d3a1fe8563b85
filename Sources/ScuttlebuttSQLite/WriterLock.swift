// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime

/// The exclusive right to write to a store: a lock on `FILE-lock` that ends with the process.
///
/// The lock is not taken on the store itself, because closing our descriptor would release SQLite's
/// locks (see ``OpenStores``), and because on some systems the two kinds of locks conflict. Readers
/// ignore it.
final class WriterLock: Sendable {
    private let path: String
    private let file: CInt

    /// Takes the lock.
    ///
    /// - Throws: `.inUse` if another writer holds it; `.unreadable` if the lock file cannot be
    ///   created or the file system gives no locks.
    init(store: String) throws {
        path = store + "-lock"
        file = try WriterLock.lockedFile(path, store)
    }

    /// Removes the lock file while it is still locked, so that no other process can own it yet.
    deinit {
        unlink(path)
        close(file)
    }

    private static func lockedFile(_ path: String, _ store: String) throws -> CInt {
        // A process that is closing the store may remove the file after we open it and before we
        // lock it.
        for _ in 0..<100 {
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard file >= 0 else {
                throw StorageError(
                    .unreadable,
                    "cannot open \(store) for writing: cannot create \(path): "
                        + FileCause.describe(errno, path: path))
            }
            guard lock(file) else {
                let number = errno
                close(file)
                guard number == EWOULDBLOCK else {
                    throw StorageError(
                        .unreadable,
                        "cannot open \(store) for writing: cannot lock \(path): "
                            + FileCause.describe(number, path: path))
                }
                throw StorageError(
                    .inUse,
                    "\(store) is open for writing in another process; stop it or use another file")
            }
            var ours = stat()
            if fstat(file, &ours) == 0, FileIdentity(path: path) == FileIdentity(ours) {
                return file
            }
            close(file)
        }
        throw StorageError(
            .inUse, "\(store) is being opened and closed by other processes; try again")
    }

    /// Takes the lock without waiting; `errno` tells why it could not.
    private static func lock(_ file: CInt) -> Bool {
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }
}
