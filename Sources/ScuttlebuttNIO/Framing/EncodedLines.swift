// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// Lines in the form in which a transport sends them.
struct EncodedLines: Sendable {
    var buffer: ByteBuffer
    /// What of it was compressed.
    var compressed = CompressedByteCount()

    init(_ buffer: ByteBuffer) { self.buffer = buffer }
}
