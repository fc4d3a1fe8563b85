// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt

/// The operation that failed.
enum FileOperation: String {
    case creating = "create"
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
    if error is RowDecodingError { return Schema.damaged(path, "a value has the wrong type") }
    guard let error = error as? DatabaseError else { return error }
    func notWritten(_ cause: String) -> StorageError {
        StorageError(
            .writeFailed, "cannot write \(path): \(cause); what was stored before is safe")
    }
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
        return notWritten("the disk is full")
    default:
        if operation == .writing { return notWritten(cause) }
        return StorageError(.unreadable, "cannot \(operation.rawValue) \(path): \(cause)")
    }
}
