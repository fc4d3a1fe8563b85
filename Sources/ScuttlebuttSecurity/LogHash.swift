// SPDX-License-Identifier: MIT

import Crypto
package import Scuttlebutt

/// The hash of a log up to some place: a chain of SHA-256 over its updates in agreed order.
///
/// It covers what each update means, not its bytes: JavaScript relays print numbers, the order of
/// keys and an empty `meta` in their own way.
package struct LogHash: LogHashing {
    /// The hash so far, 32 bytes; zeros for the empty log.
    package private(set) var bytes: [UInt8]

    /// Continues from a hash.
    package init(_ bytes: [UInt8] = [UInt8](repeating: 0, count: 32)) { self.bytes = bytes }

    /// Adds the next update in agreed order.
    ///
    /// - Complexity: O(bytes); about 1 µs for a small action.
    package mutating func add(_ update: Update) {
        var hash = SHA256()
        hash.update(data: bytes)
        withUnsafeBytes(of: update.timestamp.value.bitPattern.littleEndian) {
            hash.update(bufferPointer: $0)
        }
        withUnsafeBytes(of: UInt64(update.source.utf8.count).littleEndian) {
            hash.update(bufferPointer: $0)
        }
        hash.update(data: update.source.utf8)
        hash.update(data: JSONMeaning.canonicalAction(update.payload))
        bytes = Array(hash.finalize())
    }

    /// Returns the SHA-256 of some bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
