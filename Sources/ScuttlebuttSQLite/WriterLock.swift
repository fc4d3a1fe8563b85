// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The right to be the one writer of a store: a lock on `FILE-lock` that dies with the process.
///
/// It is not taken on the store itself, because SQLite's own locks there would go when our
/// descriptor is closed (see ``OpenStores``), and on some systems both kinds of lock exclude
/// each other. Readers do not look at it.
final class WriterLock: Sendable {
    private let path: String
    private let file: CInt

    /// Takes the lock.
    ///
    /// - Throws: `.inUse` when another writer has it; `.unreadable` when the folder is not
    ///   writable.
    init(store: String) throws {
        path = store + "-lock"
        file = try WriterLock.lockedFile(path, store)
    }

    /// Removes the lock file while it is still locked, so that it is never another's.
    deinit {
        unlink(path)
        close(file)
    }

    private static func lockedFile(_ path: String, _ store: String) throws -> CInt {
        // Someone who is just leaving may remove the file between our opening and locking it.
        for _ in 0..<100 {
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard file >= 0 else {
                throw StorageError(
                    .unreadable,
                    "\(store) cannot be opened for writing: "
                        + "\(path): \(String(cString: strerror(errno))).")
            }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                close(file)
                throw StorageError(
                    .inUse,
                    "\(store) is open for writing in another process; stop that one, or use "
                        + "another file.")
            }
            var ours = stat()
            if fstat(file, &ours) == 0, FileIdentity(path: path) == FileIdentity(ours) {
                return file
            }
            close(file)
        }
        throw StorageError(.inUse, "\(store) is being opened and closed by others; try again.")
    }
}
