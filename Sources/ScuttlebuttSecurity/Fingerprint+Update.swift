// SPDX-License-Identifier: MIT

import Crypto
public import Scuttlebutt

extension Fingerprint {
    /// Creates the SHA-256 of an update in its wire format.
    ///
    /// The hash is cryptographic, because a peer that could find two updates with the same
    /// fingerprint could get an honest update refused by sending a forged one first.
    ///
    /// - Complexity: O(bytes); about 0.3 µs for 200 bytes.
    public init?(of update: Update) {
        var line: [UInt8] = []
        line.reserveCapacity(update.payload.count + 80)
        ClassicWire.append(update, to: &line)
        self.init(bytes: Array(SHA256.hash(data: line)))
    }
}
