// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix
import ScuttlebuttNIO
import ScuttlebuttRuntime

/// A client that says any bytes at all.
struct RawClient: Sendable {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Connects to `port`, says `bytes`, and lets `body` read what comes back.
    static func run<Value: Sendable>(
        _ port: Int, _ body: (inout Conversation) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var conversation = Conversation(
                inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&conversation)
        }
    }

    struct Conversation {
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        var heard: [UInt8] = []

        func say(_ bytes: [UInt8]) async throws {
            try await outbound.write(ByteBuffer(bytes: bytes))
        }

        func say(_ text: String) async throws { try await say(Array(text.utf8)) }

        /// Says the upgrade request for `path`, and `more` in the same write.
        func upgrade(_ path: String, more: [UInt8] = []) async throws {
            let request = """
                GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTMtMTc5NTIzNDc2NjY2NQ==\r\n\r\n
                """
            try await say(Array(request.utf8) + more)
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

        /// Hears until `count` frames have come, or the end; as the decoder's tests write them.
        mutating func frames(_ count: Int) async throws -> [String] {
            while true {
                let said = WebSocketDecoderTests.decode(heard, bound: 1 << 24)
                if said.count >= count { return said }
                guard try await hear() else { return said }
            }
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
}
