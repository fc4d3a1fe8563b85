// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// Writes WebSocket frames.
///
/// Every frame is final, because each line is one message.
enum WebSocketFrames {
    /// The opcodes we send.
    enum Opcode: UInt8 {
        case text = 1
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// Appends one frame to `buffer`, masked with new random bytes if a client sends it.
    ///
    /// - Parameter compressed: Whether the payload is compressed, which the frame then says.
    static func write(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, masked: Bool, compressed: Bool = false,
        to buffer: inout ByteBuffer
    ) {
        let bit: UInt8 = masked ? 0x80 : 0
        buffer.writeInteger(0x80 | (compressed ? 0x40 : 0) | opcode.rawValue)
        switch payload.count {
        case ..<126: buffer.writeInteger(bit | UInt8(payload.count))
        case ..<65_536:
            buffer.writeInteger(bit | 126)
            buffer.writeInteger(UInt16(payload.count))
        default:
            buffer.writeInteger(bit | 127)
            buffer.writeInteger(UInt64(payload.count))
        }
        guard masked else {
            buffer.writeBytes(payload)
            return
        }
        let random = UInt32.random(in: 0...UInt32.max)
        buffer.writeInteger(random)
        let start = buffer.writerIndex - buffer.readerIndex
        buffer.writeBytes(payload)
        let key = (
            UInt8(truncatingIfNeeded: random >> 24), UInt8(truncatingIfNeeded: random >> 16),
            UInt8(truncatingIfNeeded: random >> 8), UInt8(truncatingIfNeeded: random)
        )
        buffer.withUnsafeMutableReadableBytes { bytes in
            WebSocketMask.apply(
                UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), with: key, from: 0)
        }
    }

    /// The longest reason that fits into a control frame behind the code.
    static let maximumReasonByteCount = 123

    /// Appends a close frame with an optional status code, and as much of the reason as fits.
    static func writeClose(
        _ code: UInt16?, reason: String = "", masked: Bool, to buffer: inout ByteBuffer
    ) {
        guard let code else {
            return write(.close, .init(start: nil, count: 0), masked: masked, to: &buffer)
        }
        var payload = withUnsafeBytes(of: code.bigEndian) { Array($0) }
        for scalar in reason.unicodeScalars {
            // A part of a character would not be UTF-8.
            let bytes = UTF8.encode(scalar).map { Array($0) } ?? []
            guard payload.count + bytes.count <= 2 + maximumReasonByteCount else { break }
            payload += bytes
        }
        payload.withUnsafeBytes { write(.close, $0, masked: masked, to: &buffer) }
    }

    /// Encodes each line, without its newline, as one text frame.
    static func encode(_ lines: OutboundLines, masked: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(lines.bytes.count + lines.count * (masked ? 14 : 10))
        lines.bytes.withUnsafeBytes { bytes in
            var start = 0
            for end in lines.ends {
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end - 1])
                write(.text, line, masked: masked, to: &buffer)
                start = end
            }
        }
        return buffer
    }

    /// How many bytes of lines share a frame, unless one line is longer: 64 KiB.
    private static let batchByteCount = 1 << 16

    /// The ranges of the lines that share a frame, with their newlines.
    static func batches(_ lines: OutboundLines) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var (start, last) = (0, 0)
        for end in lines.ends {
            if end - start > batchByteCount, last > start {
                batches.append(start..<last)
                start = last
            }
            last = end
        }
        if last > start { batches.append(start..<last) }
        return batches
    }

    /// Encodes several lines as one text frame, divided by newlines and without the last one.
    static func encodeBatches(_ lines: OutboundLines) -> ByteBuffer {
        let batches = batches(lines)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(lines.bytes.count + 10 * batches.count)
        lines.bytes.withUnsafeBytes { bytes in
            for batch in batches {
                let text = UnsafeRawBufferPointer(rebasing: bytes[batch].dropLast())
                write(.text, text, masked: false, to: &buffer)
            }
        }
        return buffer
    }

    /// The server's encoder for clients that take several lines in a frame.
    static let batchingEncoder: LineEncoder = { lines in
        lines.rendering("ws batches") { EncodedLines(encodeBatches($0)) }
    }

    /// The server's encoder, which encodes once for all peers.
    static let serverEncoder: LineEncoder = { lines in
        lines.rendering("ws") { EncodedLines(encode($0, masked: false)) }
    }

    /// The client's encoder, which masks separately for each connection, as the RFC requires.
    static let clientEncoder: LineEncoder = { EncodedLines(encode($0, masked: true)) }
}
