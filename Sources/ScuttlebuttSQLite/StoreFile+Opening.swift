// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

extension StoreFile {
    /// Resolves symbolic links, so that each store has only one lock file.
    ///
    /// Works for a missing file too.
    static func resolved(_ path: String) -> String {
        if let whole = realpath(path, nil) {
            defer { free(whole) }
            return String(cString: whole)
        }
        let name = path.split(separator: "/", omittingEmptySubsequences: true).last ?? ""
        let folder = String(path.dropLast(name.count))
        guard !name.isEmpty, path.hasSuffix(name),
            let parent = realpath(folder.isEmpty ? "." : folder, nil)
        else { return path }
        defer { free(parent) }
        let start = String(cString: parent)
        return start == "/" ? "/" + name : start + "/" + name
    }

    /// Returns whether the file is missing or empty.
    ///
    /// - Throws: `.unreadable` for a directory or an invalid path.
    static func isMissingOrEmpty(_ path: String) throws -> Bool {
        var status = stat()
        if stat(path, &status) != 0, errno == ENOENT { return true }
        return try examine(path).kind == .empty
    }

    static func linked(_ path: String) -> StorageError {
        StorageError(
            .inUse,
            "cannot open \(path) for writing: the file has another name too (a hard link), under "
                + "which it may be in use; remove one of the names, or copy the file")
    }

    /// What ``check(_:)`` found out about an intact store.
    struct Condition {
        var lacksTail = false
    }

    /// Checks that the file looks like a store of a known version, from its first bytes.
    static func requireStore(_ path: String) throws {
        let examination = try examine(path)
        if examination.isOpenHere { return }
        guard examination.kind == .store, let header = examination.header else {
            throw foreign(path, examination)
        }
        guard header.userVersion <= Schema.version else { throw Schema.tooNew(path) }
    }

    /// Checks that the file is an intact store, without changing it or its directory.
    @discardableResult static func check(_ path: String) throws -> Condition {
        let examination = try examine(path)
        if examination.isOpenHere { return Condition() }
        guard examination.kind == .store, let header = examination.header else {
            throw foreign(path, examination)
        }
        guard header.userVersion <= Schema.version else { throw Schema.tooNew(path) }
        guard header.pageByteCount.nonzeroBitCount == 1, header.pageByteCount >= 512 else {
            throw Schema.damaged(path, "its header is invalid")
        }
        // With a write-ahead log, the file can be shorter than its header says.
        let isWhole = examination.byteCount >= header.pageCount * header.pageByteCount
        if let stamp = Connection.Stamp(path: path), stamp.isAlone, !isWhole {
            throw Schema.damaged(path, "it is truncated")
        }
        return try translating(path, .reading) {
            let connection = try Connection.reading(path)
            defer { connection.close() }
            let isAlone = connection.stamp?.isAlone ?? false
            return try connection.read { database in
                try Schema.check(database, path: path)
                return Condition(
                    lacksTail: try isAlone
                        && WritingMark.showsMissingTail(database, path: path))
            }
        }
    }

    private static func foreign(_ path: String, _ examination: Examination) -> StorageError {
        let what: String
        if examination.kind == .empty {
            what = "is empty"
        } else if examination.kind == .lines {
            what = "is a text file"
        } else if examination.header != nil {
            what = "is another program's SQLite database"
        } else {
            what = "is damaged or belongs to another program"
        }
        return StorageError(
            .foreignOrCorrupt, "cannot open \(path): it \(what) and was not changed")
    }

    /// Creates an empty log.
    ///
    /// The caller holds the writer's lock.
    ///
    /// The file is written under a temporary name and then renamed, so that a crash leaves either
    /// no log or a complete one.
    static func create(_ path: String) throws {
        for suffix in ["-wal", "-journal"] where FileIdentity(path: path + suffix) != nil {
            throw StorageError(
                .foreignOrCorrupt,
                "\(path) is missing but \(path)\(suffix) exists and may hold updates; put the "
                    + "file back, or move both away")
        }
        let draft = path + "-new"
        func removeDraft() {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
        }
        removeDraft()
        do {
            try translating(path, .creating) {
                do {
                    try Schema.create(at: draft)
                } catch let error where SystemFailure.hasLostReason(error) {
                    let number = SystemFailure.reasonNotToWrite(draft)
                    guard number == 0 else { throw SystemFailure(number: number) }
                    removeDraft()
                    try Schema.create(at: draft)
                }
            }
            guard rename(draft, path) == 0 else { throw notCreated(path) }
            try syncFolder(of: path)
        } catch {
            removeDraft()
            throw error
        }
    }

    private static func notCreated(_ path: String) -> StorageError {
        StorageError(
            .unreadable, "cannot create \(path): \(FileCause.describe(errno, path: path))")
    }

    /// Makes the new directory entry survive a power failure.
    private static func syncFolder(of path: String) throws {
        let file = open(FileCause.folder(of: path), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw notCreated(path) }
        defer { close(file) }
        // Some file systems cannot sync a directory; they order directory entries themselves.
        guard fsync(file) == 0 || errno == EINVAL else { throw notCreated(path) }
    }
}
