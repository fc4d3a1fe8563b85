// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime

/// Determines the kind of a file from its contents, never from its name.
public enum StoreFile {
    /// The kinds of files that can be given as a store or a file of wire lines.
    public enum Kind: Hashable, Sendable {
        /// A scuttlebutt store, which ``SQLiteStorage`` can open unless it is damaged or too new.
        case store
        /// Another program's SQLite database, or a file that is neither SQLite nor text.
        case foreign
        /// A text file, to be read as wire lines.
        case lines
        /// An empty file.
        case empty
    }

    /// Returns the kind of the file at `path`.
    ///
    /// Reads at most 4,096 bytes and changes nothing.
    ///
    /// - Throws: `StorageError` `.unreadable` if the file does not exist, is a directory or a
    ///   device, or cannot be read.
    public static func kind(of path: String) throws -> Kind { try examine(path).kind }

    /// What the first bytes of a file reveal.
    struct Examination {
        let kind: Kind
        let byteCount: Int
        let header: Header?
        /// Whether the file is open in this process and was therefore not read; see ``OpenStores``.
        let isOpenHere: Bool
    }

    /// Returns whether the file at `path` is a store that lacks its newest updates, because it was
    /// copied without its write-ahead log while it was being written.
    ///
    /// Such a copy can be opened for reading only. It is recognised unless the copy was made within
    /// milliseconds of the first write after opening.
    ///
    /// - Throws: `StorageError` as ``SQLiteStorage/open(_:mode:)`` for reading.
    public static func isIncomplete(_ path: String) throws -> Bool {
        try check(resolved(path)).lacksTail
    }

    static func examine(_ path: String) throws -> Examination {
        try OpenStores.withExclusiveAccess { open in
            var status = stat()
            guard stat(path, &status) == 0 else { throw unreadable(path) }
            guard status.st_mode & S_IFMT == S_IFREG else {
                let what = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
                throw StorageError(
                    .unreadable, "cannot open \(path): it is \(what); specify the log file")
            }
            let byteCount = Int(status.st_size)
            if open.contains(FileIdentity(status)) {
                return Examination(
                    kind: .store, byteCount: byteCount, header: nil, isOpenHere: true)
            }
            let start = try firstBytes(path)
            let header = Header(start)
            return Examination(
                kind: kind(start, header), byteCount: byteCount, header: header,
                isOpenHere: false)
        }
    }

    private static func kind(_ start: [UInt8], _ header: Header?) -> Kind {
        if start.isEmpty { return .empty }
        if let header {
            return header.applicationID == Schema.applicationID ? .store : .foreign
        }
        // Wire lines are JSON, which contains no control bytes other than white space.
        let isText = start.allSatisfy { $0 >= 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        return isText && !start.starts(with: Header.magic.dropLast()) ? .lines : .foreign
    }

    private static func firstBytes(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw unreadable(path) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(file, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { break }
            filled += count
        }
        bytes.removeSubrange(filled...)
        return bytes
    }

    private static func unreadable(_ path: String) -> StorageError {
        StorageError(
            .unreadable, "cannot read \(path): \(FileCause.describe(errno, path: path))")
    }
}
