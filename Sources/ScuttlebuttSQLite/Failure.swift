// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

/// What was being done with a file when it failed.
enum Purpose {
    case creating
    case reading
    case writing
}

/// Runs `body` and turns what SQLite or a reader throws into a ``StorageError``.
func translating<Result>(
    _ path: String, _ purpose: Purpose, _ body: () throws -> Result
) throws -> Result {
    do { return try body() } catch { throw translated(error, path, purpose) }
}

/// What to tell of an error: one line with the file, the cause and the next step.
func translated(_ error: any Error, _ path: String, _ purpose: Purpose) -> any Error {
    if let damage = error as? Damage { return Schema.damaged(path, damage.what) }
    if error is RowDecodingError { return Schema.damaged(path, "a value is of the wrong kind") }
    guard let error = error as? DatabaseError else { return error }
    let cause = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_SCHEMA:
        return Schema.damaged(path, cause)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
        return StorageError(
            .inUse, "\(path) is held by another program (\(cause)); stop that one and try again.")
    case .SQLITE_MISUSE:
        return StorageError(.closed, "\(path) was closed.")
    case .SQLITE_FULL:
        return StorageError(
            .writeFailed,
            "\(path) could not be written because the disk is full; what was stored is safe.")
    default:
        switch purpose {
        case .creating:
            return StorageError(.unreadable, "\(path) cannot be created: \(cause).")
        case .reading:
            return StorageError(.unreadable, "\(path) cannot be read: \(cause).")
        case .writing:
            return StorageError(
                .writeFailed,
                "\(path) could not be written (\(cause)); what was stored before is safe.")
        }
    }
}
