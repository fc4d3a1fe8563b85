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

/// What a file is, told by its content and never by its name.
public enum StoreFile {
    /// The kinds that a verb which takes "a store or a file of wire lines" tells apart.
    public enum Kind: Hashable, Sendable {
        /// A log of ours, which ``SQLiteStorage`` opens (or calls damaged or too new).
        case store
        /// An SQLite database of another program, or a file that is neither SQLite nor text.
        case foreign
        /// Text, which is read as wire lines.
        case lines
        /// No bytes at all: a file of no wire lines.
        case empty
    }

    /// What kind of file stands at `path`.
    ///
    /// Reads at most 4,096 bytes and changes nothing.
    ///
    /// - Throws: ``StorageError`` `.unreadable` when there is no such file, it is a folder or a
    ///   device, or it cannot be read.
    public static func kind(of path: String) throws -> Kind { try examine(path).kind }

    /// The first bytes of a file and what they say.
    struct Examination {
        let kind: Kind
        let byteCount: Int
        let header: Header?
        /// The file is open in this process, so it was not read again; see ``OpenStores``.
        let isOpenHere: Bool
    }

    static func examine(_ path: String) throws -> Examination {
        try OpenStores.withExclusiveAccess { open in
            var status = stat()
            guard stat(path, &status) == 0 else { throw unreadable(path) }
            guard status.st_mode & S_IFMT == S_IFREG else {
                let what = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a plain file"
                throw StorageError(.unreadable, "\(path) is \(what); name the log file itself.")
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
        // Wire lines are JSON, in which control bytes other than white space do not occur.
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
        StorageError(.unreadable, "\(path) cannot be read: \(String(cString: strerror(errno))).")
    }
}
