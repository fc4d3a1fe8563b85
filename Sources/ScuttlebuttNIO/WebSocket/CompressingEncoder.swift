// SPDX-License-Identifier: MIT

import NIOCore
import Scuttlebutt
import ScuttlebuttRuntime

/// Encodes lines for a WebSocket on which compression was agreed.
///
/// A line alone gains little, because no message refers to another one. So the lines of a block
/// share messages where the peer can take that, and each message is compressed by itself.
struct CompressingEncoder: Sendable {
    /// What a message holds.
    enum Form: String {
        /// One line.
        case line
        /// Lines, divided by newlines.
        case batch
        /// A JSON string of lines with their newlines.
        case primus
    }

    private let form: Form
    private let isClient: Bool
    private let windowBits: Int
    private let threshold: Int
    private let uncompressed: LineEncoder
    /// The name of the rendering that all peers with the same settings share.
    private let rendering: String

    /// Creates an encoder.
    ///
    /// - Parameter uncompressed: The encoder for lines that are below the threshold together.
    init(
        _ form: Form, isClient: Bool, _ compression: WebSocketCompression, threshold: Int,
        uncompressed: @escaping LineEncoder
    ) {
        self.form = form
        self.isClient = isClient
        self.threshold = threshold
        self.uncompressed = uncompressed
        windowBits = compression.windowBits
        rendering = "\(form.rawValue) deflated \(windowBits) \(threshold)"
    }

    /// The encoder as a function.
    ///
    /// A server's is called by the first peer that needs it, for all others too. A client masks
    /// what it sends, for one connection.
    var encoder: LineEncoder {
        { lines in
            guard lines.bytes.count >= threshold else { return uncompressed(lines) }
            return isClient ? encode(lines) : lines.rendering(rendering) { encode($0) }
        }
    }

    private func encode(_ lines: OutboundLines) -> EncodedLines {
        var encoded = EncodedLines(ByteBuffer())
        var json: [UInt8] = []
        lines.bytes.withUnsafeBufferPointer { bytes in
            for range in form == .line ? lines.ranges : WebSocketFrames.batches(lines) {
                let text = UnsafeBufferPointer(rebasing: bytes[range])
                switch form {
                case .line: write(UnsafeRawBufferPointer(text), to: &encoded)
                case .batch:
                    // The last newline divides nothing.
                    let text = UnsafeBufferPointer(rebasing: text.dropLast())
                    write(UnsafeRawBufferPointer(text), to: &encoded)
                case .primus:
                    json.removeAll(keepingCapacity: true)
                    JSONString.encodeForFrame(text, into: &json)
                    json.withUnsafeBytes { write($0, to: &encoded) }
                }
            }
        }
        return encoded
    }

    private func write(_ payload: UnsafeRawBufferPointer, to encoded: inout EncodedLines) {
        guard payload.count >= threshold,
            let compressed = MessageDeflate.compress(payload, windowBits: windowBits)
        else {
            return WebSocketFrames.write(
                .text, payload, masked: isClient, to: &encoded.buffer)
        }
        encoded.compressed += CompressedByteCount(before: payload.count, after: compressed.count)
        compressed.withUnsafeBytes {
            WebSocketFrames.write(
                .text, $0, masked: isClient, compressed: true, to: &encoded.buffer)
        }
    }
}
