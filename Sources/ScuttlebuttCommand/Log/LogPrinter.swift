// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Prints updates as wire lines, byte for byte, or as objects.
struct LogPrinter: Sendable {
    /// The number of buffered bytes that triggers a write.
    static let bufferByteCount = 1 << 16

    let filter: LogFilter
    let asObjects: Bool

    func print(_ updates: [Update]) throws {
        var bytes: [UInt8] = []
        for update in updates where filter.passes(update) {
            if asObjects {
                bytes += Answer.update(update)
            } else {
                ClassicWire.append(update, to: &bytes)
            }
            bytes.append(0x0A)
            if bytes.count >= LogPrinter.bufferByteCount {
                try StandardOutput.shared.writeNow(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        if !bytes.isEmpty { try StandardOutput.shared.writeNow(bytes) }
    }
}
