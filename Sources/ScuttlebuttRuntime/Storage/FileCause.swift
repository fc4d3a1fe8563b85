// SPDX-License-Identifier: MIT

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a system call on a file failed, in words for people, with the next step.
///
/// Every message about a file goes through here, so that each cause has one wording: a full disk is
/// never reported as a file in use, and a missing folder never as a missing permission.
package enum FileCause {
    /// Describes the error number of a failed call on `path`: the cause, a semicolon, and what to
    /// do about it.
    ///
    /// Looks at `path` and its folder, but changes and opens nothing.
    package static func describe(_ number: CInt, path: String) -> String {
        switch number {
        case ENOENT, ENOTDIR: return missing(path)
        case EACCES, EPERM: return forbidden(path)
        default: break
        }
        guard let (cause, step) = table[number] else {
            return String(cString: strerror(number)).lowercased()
        }
        return "\(cause); \(step)"
    }

    /// Whether an error number says that something has run out that others may give back.
    package static func isExhaustion(_ number: CInt) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(number)
    }

    /// The cause and the next step of each error that does not depend on the file.
    private static let table: [CInt: (cause: String, step: String)] = [
        ENOSPC: ("the disk is full", "free some space"),
        EDQUOT: ("the disk quota is used up", "free some space or raise the quota"),
        EIO: (
            "the disk reports an input/output error",
            "check the disk and the system's log, and keep a copy elsewhere"
        ),
        EROFS: (
            "the file system is read-only", "mount it for writing or use a file somewhere else"
        ),
        ENOLCK: ("the file system gives no locks", lockStep),
        ENOSYS: ("the file system does not support this call", lockStep),
        EOPNOTSUPP: ("the file system does not support this call", lockStep),
        EFBIG: (
            "the file would be larger than allowed",
            "raise the limit (ulimit -f) or use another file system"
        ),
        EISDIR: ("it is a directory", "specify a file"),
        ELOOP: ("it is a symbolic link, or there are too many of them", "specify the file itself"),
        ENAMETOOLONG: ("the path is too long", "use a shorter one"),
        EMFILE: (
            "this process has too many open files",
            "raise the limit (ulimit -n) or allow fewer connections"
        ),
        ENFILE: ("the system has too many open files", "close other programs"),
        ENOMEM: ("there is not enough memory", "close other programs"),
        ENOBUFS: ("there is not enough memory", "close other programs"),
        ESTALE: (
            "the network file system no longer knows the file", "mount it again and restart"
        ),
        ETXTBSY: ("the file is being executed", "use another file"),
        ENODEV: ("the device is gone", "connect it again and restart"),
        ENXIO: ("the device is gone", "connect it again and restart"),
    ]

    private static let lockStep =
        "use a file on a local disk, or a network file system with locking"

    private static func missing(_ path: String) -> String {
        let folder = folder(of: path)
        var status = stat()
        // The working directory can still be looked at after it was deleted.
        guard stat(folder, &status) == 0, status.st_nlink > 0 else {
            return "the folder \(folder) does not exist; create it or check the path"
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return "\(folder) is not a folder; check the path"
        }
        return "it does not exist; check the path"
    }

    private static func forbidden(_ path: String) -> String {
        let step = "change the permissions, or run as the user who owns it"
        let folder = folder(of: path)
        // Only a name that exists can be what is forbidden.
        if access(path, F_OK) == 0, access(path, R_OK) != 0 || access(path, W_OK) != 0 {
            let verb = access(path, R_OK) != 0 ? "read" : "write"
            return "no permission to \(verb) it as user \(geteuid()); \(step)"
        }
        if access(folder, X_OK) != 0 || access(folder, W_OK) != 0 {
            let verb = access(folder, X_OK) != 0 ? "enter" : "create files in"
            return "no permission to \(verb) the folder \(folder) as user \(geteuid()); \(step)"
        }
        return "no permission as user \(geteuid()); \(step)"
    }

    /// The folder of a path, which need not exist.
    package static func folder(of path: String) -> String {
        let name = path.split(separator: "/", omittingEmptySubsequences: true).last ?? ""
        var folder = String(path.dropLast(name.count))
        if folder.isEmpty { return "." }
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        return folder
    }
}
