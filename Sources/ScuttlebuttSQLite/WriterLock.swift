// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// The exclusive right to write to a store: a lock on `FILE-lock` that ends with the process.
///
/// The lock is not taken on the store itself, because closing our descriptor would release SQLite's
/// locks (see ``OpenStores``), and because on some systems the two kinds of locks conflict. Readers
/// ignore it, and those who share a store hold it together; see ``StoreMembership``.
final class WriterLock: Sendable {
    private let lock: FileLock
    private let store: String

    /// Takes the lock.
    ///
    /// - Throws: `.inUse` if another writer holds it; `.unreadable` if the lock file cannot be
    ///   created or the file system gives no locks.
    init(store: String) throws {
        let path = SideFiles.lock(store)
        guard let lock = try FileLock.take(.exclusive, path, for: store) else {
            // It can be had together with others if they share it.
            throw try FileLock.take(.shared, path, for: store) == nil
                ? WriterLock.inUse(store) : WriterLock.shared(store)
        }
        self.lock = lock
        self.store = store
    }

    /// Removes the lock file while it is still locked, so that no other process can own it yet.
    deinit {
        SideFiles.removeAbandoned(store)
        lock.remove()
    }

    private static func inUse(_ store: String) -> StorageError {
        StorageError(
            .inUse,
            "\(store) is open for writing in another process; stop it or use another file")
    }

    private static func shared(_ store: String) -> StorageError {
        StorageError(
            .inUse,
            "\(store) is shared by other processes (--shared); share it here too, stop them, or "
                + "use another file")
    }
}
