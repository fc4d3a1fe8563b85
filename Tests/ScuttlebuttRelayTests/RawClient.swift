// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix

/// A client that says any bytes at all.
struct RawClient {
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    var heard: [UInt8] = []

    /// Connects to `port` for as long as `body` takes.
    static func run<Value: Sendable>(
        _ port: Int, _ body: (inout RawClient) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var client = RawClient(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&client)
        }
    }

    /// One request on a connection of its own: head and body of the answer.
    static func request(
        _ port: Int, _ path: String, method: String = "GET"
    ) async throws -> (head: String, body: String) {
        try await run(port) { client in
            try await client.say(
                "\(method) \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let head = try await client.head()
            try await client.end()
            return (head, String(decoding: client.heard, as: UTF8.self))
        }
    }

    func say(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    func say(_ text: String) async throws { try await say(Array(text.utf8)) }

    /// Becomes a WebSocket.
    mutating func upgrade(_ path: String) async throws -> String {
        try await say(
            """
            GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTMtMTc5NTIzNDc2NjY2NQ==\r\n\r\n
            """)
        return try await head()
    }

    /// Sends one masked frame of at most 65,535 bytes; the mask is 0.
    func frame(_ text: String, opcode: UInt8 = 0x81) async throws {
        let bytes = Array(text.utf8)
        var frame: [UInt8] = [opcode]
        if bytes.count < 126 {
            frame.append(0x80 | UInt8(bytes.count))
        } else {
            frame += [0x80 | 126, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)]
        }
        try await say(frame + [0, 0, 0, 0] + bytes)
    }

    /// Hears until the end of the response's head, and returns it.
    mutating func head() async throws -> String {
        while true {
            let text = String(decoding: heard, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.upperBound])
                heard.removeFirst(head.utf8.count)
                return head
            }
            guard try await hear() else { return text }
        }
    }

    /// Hears until `text` was heard or the server has closed.
    mutating func hears(_ text: String) async throws -> Bool {
        while !String(decoding: heard, as: UTF8.self).contains(text) {
            guard try await hear() else { return false }
        }
        return true
    }

    /// Hears until the server has closed.
    mutating func end() async throws {
        while try await hear() {}
    }

    private mutating func hear() async throws -> Bool {
        do {
            guard let buffer = try await inbound.next() else { return false }
            heard += buffer.readableBytesView
            return true
        } catch is IOError {
            return false
        }
    }
}
