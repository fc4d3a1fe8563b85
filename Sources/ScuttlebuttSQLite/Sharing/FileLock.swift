// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime

/// A lock on a file of its own that ends with the process, however that ends.
///
/// It belongs to the open file, so that two of one process exclude each other as those of two
/// processes do.
final class FileLock: Sendable {
    enum Kind {
        case shared, exclusive
        fileprivate var flag: CInt { self == .shared ? LOCK_SH : LOCK_EX }
    }

    let path: String
    private let file: CInt

    private init(path: String, file: CInt) {
        self.path = path
        self.file = file
    }

    deinit { close(file) }

    /// Takes the lock without waiting.
    ///
    /// - Parameter store: The store that the lock is for, named in errors.
    /// - Returns: `nil` if somebody else has it.
    /// - Throws: `.unreadable` if the file cannot be created or the file system gives no locks.
    static func take(_ kind: Kind, _ path: String, for store: String) throws -> FileLock? {
        // Whoever removes the file has locked it, which may be after we open it.
        while true {
            let file = try opened(path, store)
            guard attempt(file, kind.flag | LOCK_NB) else {
                let number = errno
                close(file)
                guard number == EWOULDBLOCK else {
                    throw unusable(store, "cannot lock \(path)", number, path)
                }
                return nil
            }
            let lock = FileLock(path: path, file: file)
            if lock.isInPlace { return lock }
        }
    }

    /// Takes the lock exclusively, and waits for as long as it takes; call it on an own thread.
    ///
    /// - Returns: `nil` if the file cannot be created or locked.
    static func waitFor(_ path: String, store: String) -> FileLock? {
        while true {
            guard let file = try? opened(path, store) else { return nil }
            let lock = FileLock(path: path, file: file)
            guard attempt(file, LOCK_EX) else { return nil }
            if lock.isInPlace { return lock }
        }
    }

    /// Tries to turn a shared lock into an exclusive one, without waiting.
    ///
    /// - Returns: Whether it is exclusive now. If another process shares it, neither kind is held
    ///   any longer.
    func becomeExclusive() -> Bool { FileLock.attempt(file, LOCK_EX | LOCK_NB) }

    /// Whether the file is still where others look for it.
    var isInPlace: Bool {
        var ours = stat()
        return fstat(file, &ours) == 0 && FileIdentity(path: path) == FileIdentity(ours)
    }

    /// Removes the file, which only the holder of an exclusive lock may do.
    func remove() { unlink(path) }

    private static func opened(_ path: String, _ store: String) throws -> CInt {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw unusable(store, "cannot create \(path)", errno, path) }
        return file
    }

    private static func unusable(
        _ store: String, _ what: String, _ number: CInt, _ path: String
    ) -> StorageError {
        StorageError(
            .unreadable,
            "cannot open \(store) for writing: \(what): \(FileCause.describe(number, path: path))")
    }

    /// Locks; `errno` tells why it could not.
    private static func attempt(_ file: CInt, _ flags: CInt) -> Bool {
        while flock(file, flags) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }
}
