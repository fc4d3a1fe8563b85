// SPDX-License-Identifier: MIT

import Synchronization

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
