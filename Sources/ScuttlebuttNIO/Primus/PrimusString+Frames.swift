// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

extension PrimusString {
    /// Appends the frame of a control message.
    static func write(item: String, masked: Bool, to buffer: inout ByteBuffer) {
        var json: [UInt8] = [quote]
        append(Array(item.utf8)[...], to: &json)
        json.append(quote)
        json.withUnsafeBytes {
            WebSocketFrames.write(.text, $0, masked: masked, to: &buffer)
        }
    }

    /// Encodes each line as one text frame that holds the line with its newline as a JSON string,
    /// formatted like `JSON.stringify` and with U+2028 and U+2029 escaped, as Primus does.
    static func encode(_ lines: OutboundLines, masked: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(lines.bytes.count + lines.bytes.count / 4 + lines.count * 20)
        var json: [UInt8] = []
        var start = 0
        for end in lines.ends {
            json.removeAll(keepingCapacity: true)
            json.append(quote)
            append(lines.bytes[start..<end], to: &json)
            json.append(quote)
            json.withUnsafeBytes { WebSocketFrames.write(.text, $0, masked: masked, to: &buffer) }
            start = end
        }
        return buffer
    }

    private static func append(_ text: ArraySlice<UInt8>, to json: inout [UInt8]) {
        var run = text.startIndex
        var index = run
        while index < text.endIndex {
            let byte = text[index]
            let escape: StaticString?
            var length = 1
            switch byte {
            case quote: escape = "\\\""
            case backslash: escape = "\\\\"
            case 0x08: escape = "\\b"
            case 0x09: escape = "\\t"
            case 0x0A: escape = "\\n"
            case 0x0C: escape = "\\f"
            case 0x0D: escape = "\\r"
            case ..<0x20: escape = "\\u00"
            case 0xE2
            where index + 2 < text.endIndex && text[index + 1] == 0x80
                && text[index + 2] & 0xFE == 0xA8:
                escape = text[index + 2] == 0xA8 ? "\\u2028" : "\\u2029"
                length = 3
            default: escape = nil
            }
            if let escape {
                json.append(contentsOf: text[run..<index])
                escape.withUTF8Buffer { json.append(contentsOf: $0) }
                if escape.utf8CodeUnitCount == 4 {
                    json.append(digits[Int(byte >> 4)])
                    json.append(digits[Int(byte & 15)])
                }
                run = index + length
            }
            index += length
        }
        json.append(contentsOf: text[run...])
    }

    /// The server's encoder, which encodes once for all peers.
    static let serverEncoder: LineEncoder = { lines in
        lines.rendering("primus") { encode($0, masked: false) }
    }

    /// The client's encoder, which masks separately for each connection.
    static let clientEncoder: LineEncoder = { encode($0, masked: true) }

    private static let digits = Array("0123456789abcdef".utf8)
}
