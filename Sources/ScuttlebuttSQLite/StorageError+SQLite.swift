// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

/// The operation that failed.
enum FileOperation: String {
    case creating = "create"
    case opening = "open"
    case reading = "read"
    case writing = "write"
}

/// Runs `body` and converts errors of SQLite and of the readers to `StorageError`.
func translating<Result>(
    _ path: String, _ operation: FileOperation, _ body: () throws -> Result
) throws -> Result {
    do { return try body() } catch { throw translated(error, path, operation) }
}

/// Converts an error to one whose message names the file, the cause and the next step.
func translated(_ error: any Error, _ path: String, _ operation: FileOperation) -> any Error {
    if let damage = error as? DamageError { return Schema.damaged(path, damage.what) }
    if let taken = error as? StampTakenError {
        return StorageError(
            .writeFailed,
            "cannot write \(path): another update has the stamp \(taken.stamp) already, which came "
                + "from a peer; the store was put back from an older copy, or the name is in use "
                + "elsewhere; close the store and open it again")
    }
    if error is RowDecodingError { return Schema.damaged(path, "a value has the wrong type") }
    if let failure = error as? SystemFailure {
        let cause = FileCause.describe(failure.number, path: blamed(failure, path))
        return failed(path, operation, cause)
    }
    guard let error = error as? DatabaseError else { return error }
    let cause = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_SCHEMA:
        return Schema.damaged(path, cause)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
        return StorageError(
            .inUse, "\(path) is locked by another program (\(cause)); stop it and try again")
    case .SQLITE_MISUSE:
        return StorageError(.closed, "\(path) was closed")
    case .SQLITE_FULL:
        return failed(path, operation, FileCause.describe(ENOSPC, path: path))
    case .SQLITE_NOMEM:
        return failed(path, operation, FileCause.describe(ENOMEM, path: path))
    case .SQLITE_CANTOPEN, .SQLITE_PERM:
        return failed(path, operation, FileCause.describe(EACCES, path: path))
    case .SQLITE_READONLY:
        return failed(path, operation, readOnlyCause(error, path))
    default:
        return failed(path, operation, cause)
    }
}

/// Why SQLite refuses to write.
private func readOnlyCause(_ error: DatabaseError, _ path: String) -> String {
    if error.extendedResultCode == .SQLITE_READONLY_DBMOVED {
        return "it or its -wal file was moved or deleted while it was open; put it back"
    }
    var status = statvfs()
    let isReadOnly = statvfs(path, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
    return FileCause.describe(isReadOnly ? EROFS : EACCES, path: path)
}

/// The file that the system call was about: the store, or one of those next to it.
private func blamed(_ failure: SystemFailure, _ path: String) -> String {
    guard failure.error.resultCode == .SQLITE_CANTOPEN else { return path }
    let files = [path, path + "-wal", path + "-shm"]
    return files.first { access($0, F_OK) == 0 && access($0, R_OK) != 0 } ?? path + "-shm"
}

private func failed(
    _ path: String, _ operation: FileOperation, _ cause: String
) -> StorageError {
    if operation == .writing {
        return StorageError(
            .writeFailed, "cannot write \(path): \(cause); what was stored before is safe")
    }
    return StorageError(.unreadable, "cannot \(operation.rawValue) \(path): \(cause)")
}
