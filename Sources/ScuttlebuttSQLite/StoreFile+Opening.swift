// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
import ScuttlebuttRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension StoreFile {
    /// The path with links resolved, so that one store has one lock; also for a missing file.
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

    /// Whether there is nothing yet: no file, or one of no bytes.
    ///
    /// - Throws: `.unreadable` for a folder, or a path that leads nowhere.
    static func isMissingOrEmpty(_ path: String) throws -> Bool {
        var status = stat()
        if stat(path, &status) != 0, errno == ENOENT { return true }
        return try examine(path).kind == .empty
    }

    /// Checks that the file is a sound log of ours, without changing it or its folder.
    static func check(_ path: String) throws {
        let examination = try examine(path)
        if examination.isOpenHere { return }
        guard examination.kind == .store, let header = examination.header else {
            throw foreign(path, examination)
        }
        guard header.userVersion <= Schema.version else { throw Schema.tooNew(path) }
        guard header.pageByteCount.nonzeroBitCount == 1, header.pageByteCount >= 512 else {
            throw Schema.damaged(path, "its header cannot be read")
        }
        // Beside a write-ahead log the file may rightly be shorter than its header says.
        let isWhole = examination.byteCount >= header.pageCount * header.pageByteCount
        if Connection.Stamp(path: path) != nil, !isWhole {
            throw Schema.damaged(path, "its end is missing")
        }
        try translating(path, .reading) {
            let connection = try Connection.reading(path)
            defer { connection.close() }
            try connection.database.read { try Schema.check($0, path: path) }
        }
    }

    private static func foreign(_ path: String, _ examination: Examination) -> StorageError {
        let what: String
        if examination.kind == .empty {
            what = "is empty"
        } else if examination.kind == .lines {
            what = "is a text file"
        } else if examination.header != nil {
            what = "is an SQLite database of another program"
        } else {
            what = "is damaged or of another program"
        }
        return StorageError(
            .foreignOrCorrupt, "\(path) \(what), not a scuttlebutt log; it was left as it is.")
    }

    /// Makes an empty log where there is nothing; the caller holds the writer's lock.
    ///
    /// The file is made beside its place and then renamed, so a crash in between leaves either
    /// nothing there or a whole log.
    static func create(_ path: String) throws {
        for suffix in ["-wal", "-journal"] where FileIdentity(path: path + suffix) != nil {
            throw StorageError(
                .foreignOrCorrupt,
                "\(path) is missing but \(path)\(suffix) is there and holds updates; put the "
                    + "file back, or move both away.")
        }
        let draft = path + "-new"
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
        do {
            try translating(path, .creating) { try Schema.create(at: draft) }
            guard rename(draft, path) == 0 else { throw notCreated(path) }
            try syncFolder(of: path)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
            throw error
        }
    }

    private static func notCreated(_ path: String) -> StorageError {
        StorageError(
            .unreadable, "\(path) cannot be created: \(String(cString: strerror(errno))).")
    }

    /// Makes the new name itself survive the loss of power.
    private static func syncFolder(of path: String) throws {
        let name = path.split(separator: "/").last ?? ""
        let folder = String(path.dropLast(name.count))
        let file = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw notCreated(path) }
        defer { close(file) }
        // Some file systems refuse to sync a folder; they then keep names in order themselves.
        guard fsync(file) == 0 || errno == EINVAL else { throw notCreated(path) }
    }
}
