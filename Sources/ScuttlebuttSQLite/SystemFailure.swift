// SPDX-License-Identifier: MIT

import Foundation
import GRDB

/// An error of SQLite with the error number of the system call that caused it.
///
/// SQLite's own messages name the kind of call only ("disk I/O error"), and its function for the
/// number knows nothing of failed commits.
struct SystemFailure: Error {
    let error: DatabaseError
    let number: CInt

    init(error: DatabaseError, number: CInt) {
        self.error = error
        self.number = number
    }

    /// Creates a failure to open a file.
    init(number: CInt) {
        self.init(error: DatabaseError(resultCode: .SQLITE_CANTOPEN), number: number)
    }

    /// Whether an error says that a file cannot be opened.
    static func cannotOpen(_ error: any Error) -> Bool {
        let failure = (error as? SystemFailure)?.error ?? error as? DatabaseError
        return failure?.resultCode == .SQLITE_CANTOPEN
    }

    /// Whether an error comes from SQLite's second attempt to open a file, for reading, which hides
    /// why the first one failed: the file cannot be written, or is not there.
    static func hasLostReason(_ error: any Error) -> Bool {
        if let failure = error as? SystemFailure {
            return failure.error.resultCode == .SQLITE_CANTOPEN && failure.number == ENOENT
        }
        let code = (error as? DatabaseError)?.resultCode
        return code == .SQLITE_READONLY || code == .SQLITE_CANTOPEN
    }

    /// Tries what SQLite does in order to write to a store, and returns why it cannot be done, or 0
    /// if it can by now.
    ///
    /// The store itself and its index are not opened, because closing them would release SQLite's
    /// locks; see ``OpenStores``.
    static func reasonNotToWrite(_ path: String) -> CInt {
        func attempt(_ path: String, _ flags: CInt) -> CInt {
            let file = open(path, O_RDWR | O_CLOEXEC | flags, 0o644)
            guard file >= 0 else { return errno }
            close(file)
            return 0
        }
        if access(path, F_OK) == 0, access(path, W_OK) != 0 { return errno }
        let log = attempt(path + "-wal", 0)
        guard log == 0 || log == ENOENT else { return log }
        let probe = path + "-probe"
        defer { unlink(probe) }
        return attempt(probe, O_CREAT)
    }

    /// Runs `body`, which uses SQLite on this thread, and adds the system's error number to an
    /// error that comes from a system call.
    static func noting<Result>(_ body: () throws -> Result) throws -> Result {
        errno = 0
        do {
            return try body()
        } catch let error as DatabaseError {
            // SQLite makes no call that fails between the one that matters and this place, except
            // that it may look for a file that is not there.
            let number = errno
            guard number != 0, number != ENOENT || error.resultCode == .SQLITE_CANTOPEN else {
                throw error
            }
            switch error.resultCode {
            case .SQLITE_IOERR, .SQLITE_CANTOPEN:
                throw SystemFailure(error: error, number: number)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                // What a defective disk returns is not the content of the file.
                guard number == EIO || number == ENXIO else { throw error }
                throw SystemFailure(error: error, number: number)
            default:
                throw error
            }
        }
    }
}
