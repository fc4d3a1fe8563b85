// SPDX-License-Identifier: MIT

public import NIOCore
import NIOPosix

/// One end of a connection that says any bytes at all.
public struct RawConnection {
    /// What was heard and has not been taken yet.
    public internal(set) var heard: [UInt8] = []
    /// Whether this end dialled; as a WebSocket, it then masks what it says.
    let isClient: Bool
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Creates an end over the two directions of a channel.
    public init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, isClient: Bool
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
        self.isClient = isClient
    }

    /// Connects to `port` for as long as `body` takes.
    public static func run<Value: Sendable>(
        _ port: Int, _ body: (inout RawConnection) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FreshBuffers())
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(inbound, outbound, isClient: true)
            return try await body(&connection)
        }
    }

    /// Sends one HTTP request on a connection of its own, and returns head and body of the answer.
    public static func request(
        _ port: Int, _ path: String, method: String = "GET"
    ) async throws -> (head: String, body: String) {
        try await run(port) { connection in
            try await connection.say(
                "\(method) \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let head = try await connection.head()
            try await connection.end()
            return (head, String(decoding: connection.heard, as: UTF8.self))
        }
    }

    /// Sends bytes as they are.
    public func say(_ bytes: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
    }

    /// Sends a text as it is.
    public func say(_ text: String) async throws { try await say(Array(text.utf8)) }

    /// Hears until the end of the head of a request or response, and returns it; or what came
    /// before the end of the connection.
    public mutating func head() async throws -> String {
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

    /// Hears until `text` was heard, and returns false if the connection ended before.
    public mutating func hears(_ text: String) async throws -> Bool {
        while !String(decoding: heard, as: UTF8.self).contains(text) {
            guard try await hear() else { return false }
        }
        return true
    }

    /// Hears so many bytes and forgets them, or what came before the end of the connection.
    public mutating func skip(_ count: Int) async throws {
        while heard.count < count { guard try await hear() else { break } }
        heard.removeFirst(min(count, heard.count))
    }

    /// Hears until the other end has closed.
    public mutating func end() async throws {
        while try await hear() {}
    }

    /// Hears some more bytes; false at the end of the connection.
    public mutating func hear() async throws -> Bool {
        do {
            guard let buffer = try await inbound.next() else { return false }
            heard += buffer.readableBytesView
            return true
        } catch is IOError {
            return false
        }
    }
}
