// SPDX-License-Identifier: MIT

import NIOCore
import Scuttlebutt
import ScuttlebuttRuntime

// Apart from the decoder, which is also built for fuzzing, without SwiftNIO.
extension PrimusString {
    /// Appends the frame of a control message.
    static func write(item: String, masked: Bool, to buffer: inout ByteBuffer) {
        var json: [UInt8] = []
        JSONString.encodeForFrame(Array(item.utf8), into: &json)
        json.withUnsafeBytes {
            WebSocketFrames.write(.text, $0, masked: masked, to: &buffer)
        }
    }

    /// Encodes each line as one text frame that holds the line with its newline as a JSON string.
    static func encode(_ lines: OutboundLines, masked: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(lines.bytes.count + lines.bytes.count / 4 + lines.count * 20)
        var json: [UInt8] = []
        lines.bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            for end in lines.ends {
                json.removeAll(keepingCapacity: true)
                JSONString.encodeForFrame(
                    UnsafeBufferPointer(rebasing: bytes[start..<end]), into: &json)
                json.withUnsafeBytes {
                    WebSocketFrames.write(.text, $0, masked: masked, to: &buffer)
                }
                start = end
            }
        }
        return buffer
    }

    /// The server's encoder, which encodes once for all peers.
    static let serverEncoder: LineEncoder = { lines in
        lines.rendering("primus") { EncodedLines(encode($0, masked: false)) }
    }

    /// The client's encoder, which masks separately for each connection.
    static let clientEncoder: LineEncoder = { EncodedLines(encode($0, masked: true)) }
}
