// SPDX-License-Identifier: MIT

import NIOCore

/// The header with which the PROXY protocol begins a connection, version 1 (a line of text) or 2
/// (binary).
enum ProxyHeader {
    /// What the bytes so far are.
    enum Reading: Equatable {
        /// The beginning of a header.
        case incomplete
        /// A header of so many bytes.
        ///
        /// - `source`: Whom the proxy connects for; `nil` for itself, as in a health check.
        case complete(byteCount: Int, source: SocketAddress?)
        /// Something else, in words.
        case invalid(String)
    }

    /// The longest header that is read: 16 bytes and the fields of version 2.
    ///
    /// Proxies add fields about TLS, of some hundred bytes.
    static let maximumByteCount = 16 + 4_096

    /// The longest line of version 1, with its end.
    private static let maximumLineByteCount = 107
    private static let prefix = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let otherwise = "the connection does not begin with the PROXY protocol"

    /// Reads a header from the start of `bytes`.
    static func read(_ bytes: [UInt8]) -> Reading {
        guard let first = bytes.first else { return .incomplete }
        let expected = first == prefix[0] ? prefix : signature
        let count = min(bytes.count, expected.count)
        guard bytes.prefix(count) == expected.prefix(count) else { return .invalid(otherwise) }
        if count < expected.count { return .incomplete }
        return first == prefix[0] ? readText(bytes) : readBinary(bytes)
    }

    private static func readText(_ bytes: [UInt8]) -> Reading {
        let line = bytes.prefix(maximumLineByteCount)
        guard let end = line.firstIndex(of: 0x0A) else {
            return line.count < maximumLineByteCount
                ? .incomplete : .invalid("the PROXY line is too long")
        }
        let invalid = Reading.invalid("the PROXY line is malformed")
        guard line[end - 1] == 0x0D,
            let text = String(validating: line[..<(end - 1)], as: UTF8.self)
        else { return invalid }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        if words[1] == "UNKNOWN" { return .complete(byteCount: end + 1, source: nil) }
        let isFour = words[1] == "TCP4"
        guard words.count == 6, isFour || words[1] == "TCP6",
            words[2].contains(":") != isFour, IPAddress(words[2]) != nil,
            words[3].contains(":") != isFour, IPAddress(words[3]) != nil,
            let port = port(words[4]), self.port(words[5]) != nil,
            let source = try? SocketAddress(ipAddress: String(words[2]), port: port)
        else { return invalid }
        return .complete(byteCount: end + 1, source: source)
    }

    private static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = Int(text), port <= 65_535
        else { return nil }
        return port
    }

    private static func readBinary(_ bytes: [UInt8]) -> Reading {
        guard bytes.count >= 16 else { return .incomplete }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard bytes[12] == 0x20 || bytes[12] == 0x21 else {
            return .invalid("the version or command of the PROXY protocol is unknown")
        }
        guard 16 + length <= maximumByteCount else {
            return .invalid("the PROXY header is too long")
        }
        guard bytes.count >= 16 + length else { return .incomplete }
        let isLocal = bytes[12] == 0x20
        let addressByteCount: Int
        switch bytes[13] {
        case 0x11 where !isLocal: addressByteCount = 4
        case 0x21 where !isLocal: addressByteCount = 16
        // Connections of the proxy itself, UDP and UNIX sockets: nobody who has an address.
        default: return .complete(byteCount: 16 + length, source: nil)
        }
        guard length >= addressByteCount * 2 + 4 else {
            return .invalid("the PROXY header is too short for its addresses")
        }
        let port = 16 + addressByteCount * 2
        let packed = ByteBuffer(bytes: bytes[16..<(16 + addressByteCount)])
        let source = try? SocketAddress(
            packedIPAddress: packed, port: Int(bytes[port]) << 8 | Int(bytes[port + 1]))
        guard let source else { return .invalid("the PROXY header has no address") }
        return .complete(byteCount: 16 + length, source: source)
    }
}
