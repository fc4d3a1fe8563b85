// SPDX-License-Identifier: MIT

import Crypto
import Foundation
import NIOCore
import NIOPosix
import TestSupport

/// Stands where the original's server stood: answers the specification, takes an upgrade, and lets
/// a script have the rest.
struct OriginalServer {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let port: Int
    private var connections: NIOAsyncChannelInboundStream<Connection>.AsyncIterator
    private let specification: String

    static func with<Value: Sendable>(
        specification: String, _ body: (inout OriginalServer) async throws -> Value
    ) async throws -> Value {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let port = channel.channel.localAddress?.port ?? 0
        return try await channel.executeThenClose { inbound in
            var server = OriginalServer(
                port: port, connections: inbound.makeAsyncIterator(), specification: specification)
            return try await body(&server)
        }
    }

    /// Ends the next connection before it was upgraded, as a server that is not there.
    mutating func refuse() async throws {
        guard let connection = try await connections.next() else { return }
        try await connection.executeThenClose { _, _ in }
    }

    /// Waits for a client's upgrade, and lets `body` have the request and the connection.
    mutating func accept<Value: Sendable>(
        _ body: (String, inout RawConnection) async throws -> Value
    ) async throws -> Value {
        while let connection = try await connections.next() {
            let specification = self.specification
            let value: Value? = try await connection.executeThenClose { inbound, outbound in
                var socket = RawConnection(inbound, outbound, isClient: false)
                let head = try await socket.head()
                guard head.hasSuffix("\r\n\r\n") else { return nil }
                if head.hasPrefix("GET /primus/spec ") {
                    try await socket.say(
                        "HTTP/1.1 200 OK\r\nContent-Length: \(specification.utf8.count)\r\n"
                            + "Connection: close\r\n\r\n" + specification)
                    return nil
                }
                let key = field("sec-websocket-key", of: head) ?? ""
                try await socket.say(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        + "Connection: Upgrade\r\nSec-WebSocket-Accept: \(answer(to: key))\r\n\r\n")
                return try await body(head, &socket)
            }
            if let value { return value }
        }
        throw CancellationError()
    }

    private func answer(to key: String) -> String {
        let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return Data(Insecure.SHA1.hash(data: Data(text.utf8))).base64EncodedString()
    }
}
