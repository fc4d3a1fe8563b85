// SPDX-License-Identifier: MIT

import Foundation
import Synchronization

/// Identifies a file independently of the path used to reach it.
package struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let node: UInt64

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// Identifies the file that is at `path` now, or returns `nil` if there is none.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The bytes of a file, or `nil` if there is none.
    static func size(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Whether a file has other names, which are hard links to it.
    static func hasOtherNames(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && status.st_nlink > 1
    }
}

/// The files that SQLite has open in this process.
///
/// Closing any descriptor of a file releases all POSIX locks that the process holds on it,
/// including SQLite's, after which another process could delete the write-ahead log we are using.
/// Therefore a file that is open here is never opened a second time except through SQLite, which
/// handles this.
///
/// - SeeAlso: <https://www.sqlite.org/howtocorrupt.html>, section 2.2.
enum OpenStores {
    private static let counts = Mutex<[FileIdentity: Int]>([:])

    /// Runs `body` with the files that are open now, while preventing others from being added.
    static func withExclusiveAccess<Result>(
        _ body: (Set<FileIdentity>) throws -> sending Result
    ) rethrows -> sending Result {
        try counts.withLock { try body(Set($0.keys)) }
    }

    /// Marks a file as open until the registration is released.
    final class Registration: Sendable {
        private let identity: Mutex<FileIdentity?>

        init(_ identity: FileIdentity) {
            self.identity = Mutex(identity)
            OpenStores.counts.withLock { $0[identity, default: 0] += 1 }
        }

        deinit { release() }

        /// Ends the registration; a second call has no effect.
        func release() {
            let identity = identity.withLock { identity in
                defer { identity = nil }
                return identity
            }
            guard let identity else { return }
            OpenStores.counts.withLock { counts in
                let count = counts[identity, default: 0]
                counts[identity] = count > 1 ? count - 1 : nil
            }
        }
    }
}
