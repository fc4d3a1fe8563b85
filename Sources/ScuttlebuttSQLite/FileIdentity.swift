// SPDX-License-Identifier: MIT

import Foundation

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
