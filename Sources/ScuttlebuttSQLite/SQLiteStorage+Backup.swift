// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

extension SQLiteStorage {
    /// Copies a store to a new file while another process may be writing it.
    ///
    /// The copy is the store at one moment, complete with what is still in `FILE-wal`; it has the
    /// same source, because it may have to replace the store. It appears under its name only
    /// once it is whole, checked and synchronised to the disk; an existing file is replaced.
    ///
    /// Blocks for as long as it takes to copy the file.
    ///
    /// - Returns: The number of updates in the copy.
    /// - Throws: `StorageError`; then there is no file under the new name, or the old one is still
    ///   there.
    public static func backUp(_ path: String, to target: String) throws -> Int {
        let path = StoreFile.resolved(path)
        if try StoreFile.check(path).lacksTail { throw WritingMark.incomplete(path) }
        // SQLite would read the new file together with the log of the one that was there before.
        guard access(target + "-wal", F_OK) != 0 else {
            throw StorageError(
                .inUse,
                "\(target)-wal exists, so \(target) is a store that is in use or was not closed; "
                    + "choose another file")
        }
        let draft = "\(target).\(getpid()).part"
        defer {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
        }
        unlink(draft)
        while true {
            let before = Connection.Stamp(path: path)
            try translating(path, .reading) { try copy(path, to: draft) }
            // A file that nobody was writing is read without locks.
            if before?.isAlone != true || Connection.Stamp(path: path) == before { break }
            unlink(draft)
        }
        let count = try translating(draft, .reading) { try check(draft) }
        try synchronise(draft, for: target)
        guard rename(draft, target) == 0 else {
            throw StorageError(
                .writeFailed, "cannot write \(target): \(FileCause.describe(errno, path: target))")
        }
        return count
    }

    private static func copy(_ path: String, to draft: String) throws {
        let source = try Connection.reading(path)
        defer { source.close() }
        let copy = try DatabaseQueue(path: draft)
        defer { try? copy.close() }
        // All pages in one step: between two steps, each write would make it start again.
        try SystemFailure.noting { try source.database.backup(to: copy, pagesPerStep: -1) }
        try copy.writeWithoutTransaction { database in
            try WritingMark.clear(database)
            _ = try database.checkpoint(.truncate)
        }
    }

    private static func check(_ draft: String) throws -> Int {
        let copy = try DatabaseQueue(path: draft)
        defer { try? copy.close() }
        return try copy.read { database in
            try Schema.check(database, path: draft)
            let problems = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
            guard problems == ["ok"] else { throw DamageError(problems.first ?? "unreadable") }
            return try Int.fetchOne(database, sql: "SELECT count(*) FROM updates") ?? 0
        }
    }
}

/// Writes a file to the disk; outside of the type, whose own `open` would hide the system's.
private func synchronise(_ draft: String, for target: String) throws {
    let file = open(draft, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
        throw StorageError(
            .writeFailed, "cannot write \(target): \(FileCause.describe(errno, path: target))")
    }
    defer { close(file) }
    guard fsync(file) == 0 else {
        throw StorageError(
            .writeFailed, "cannot write \(target): \(FileCause.describe(errno, path: target))")
    }
}
