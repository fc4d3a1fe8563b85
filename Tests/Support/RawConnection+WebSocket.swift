// SPDX-License-Identifier: MIT

extension RawConnection {
    /// One frame that was heard.
    public enum Frame: Equatable, Sendable {
        /// A whole text message.
        case text(String)
        /// The payload of a close frame.
        case close([UInt8])
        /// The first byte of any other frame, or of one that is masked when it must not be.
        case other(UInt8)
        /// The connection is gone.
        case end
    }

    /// Sends the request of an upgrade for `path` with further `headers`, and `more` in the same
    /// write.
    public func sayUpgrade(
        _ path: String, headers: [String] = [], more: [UInt8] = []
    ) async throws {
        let request = """
            GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTMtMTc5NTIzNDc2NjY2NQ==\r\n\
            \(headers.map { "\($0)\r\n" }.joined())\r\n
            """
        try await say(Array(request.utf8) + more)
    }

    /// Becomes a WebSocket, and returns the head of the response.
    public mutating func upgrade(_ path: String) async throws -> String {
        try await sayUpgrade(path)
        return try await head()
    }

    /// Sends one text frame.
    public func sayText(_ text: String) async throws { try await sayFrame(0x81, Array(text.utf8)) }

    /// Sends a close frame.
    public func sayClose(_ payload: [UInt8]) async throws { try await sayFrame(0x88, payload) }

    /// Sends one whole frame of at most 65,535 bytes.
    public func sayFrame(_ first: UInt8, _ payload: [UInt8]) async throws {
        var bytes: [UInt8] = [first]
        let bit: UInt8 = isClient ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(bit | UInt8(payload.count))
        } else {
            bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        }
        if isClient {
            let mask: [UInt8] = [0xA1, 0x5C, 0x07, 0xF3]
            bytes += mask
            bytes += payload.enumerated().map { $1 ^ mask[$0 % 4] }
        } else {
            bytes += payload
        }
        try await say(bytes)
    }

    /// Hears the next frame.
    public mutating func frame() async throws -> Frame {
        while true {
            if let frame = takeFrame() { return frame }
            guard try await hear() else { return .end }
        }
    }

    private mutating func takeFrame() -> Frame? {
        guard heard.count >= 2 else { return nil }
        var start = 2
        var length = Int(heard[1] & 0x7F)
        if length == 126 {
            guard heard.count >= 4 else { return nil }
            length = Int(heard[2]) << 8 | Int(heard[3])
            start = 4
        }
        let isMasked = heard[1] & 0x80 != 0
        let mask = isMasked ? start..<start + 4 : start..<start
        start += mask.count
        guard heard.count >= start + length else { return nil }
        let key = Array(heard[mask])
        let payload = heard[start..<start + length].enumerated().map { index, byte in
            isMasked ? byte ^ key[index % 4] : byte
        }
        let first = heard[0]
        heard.removeFirst(start + length)
        // The client's frames must be masked, the server's must not.
        guard isMasked != isClient else { return .other(first) }
        switch first {
        case 0x81: return .text(String(decoding: payload, as: UTF8.self))
        case 0x88: return .close(payload)
        default: return .other(first)
        }
    }
}
