// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix
import ScuttlebuttNIO
import ScuttlebuttRuntime
import TestSupport
import Testing

/// What a program hears of a server that does not give it a WebSocket.
@Suite("A refused upgrade says what the server said", .timeLimit(.minutes(20)))
struct RefusedUpgradeTests {
    struct Answer: Sendable {
        let head: String
        let code: LinkError.Code
        let words: [String]
        var retryAfter: Duration?
    }

    private static let answers = [
        Answer(
            head: "301 Moved Permanently\r\nLocation: wss://elsewhere/ws", code: .refused,
            words: ["301 Moved Permanently", "wss://elsewhere/ws"]),
        Answer(head: "401 Unauthorized", code: .refused, words: ["401 Unauthorized"]),
        Answer(head: "403 Forbidden", code: .refused, words: ["403 Forbidden"]),
        Answer(
            head: "404 Not Found", code: .refused, words: ["404 Not Found", "check the address"]),
        Answer(head: "410 Gone", code: .dismissed, words: ["410 Gone"]),
        Answer(
            head: "429 Too Many Requests\r\nRetry-After: 7", code: .unreachable, words: ["429"],
            retryAfter: .seconds(7)),
        Answer(head: "502 Bad Gateway", code: .unreachable, words: ["502 Bad Gateway"]),
        Answer(
            head: "503 Service Unavailable\r\nRetry-After: 99999999", code: .unreachable,
            words: ["503"], retryAfter: .seconds(3_600)),
        Answer(
            head: "503 Service Unavailable\r\nRetry-After: 99999999999999999999",
            code: .unreachable, words: ["503"], retryAfter: .seconds(3_600)),
        Answer(
            head: "503 Service Unavailable\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT",
            code: .unreachable, words: ["503"], retryAfter: .seconds(3_600)),
        Answer(
            head: "503 Service Unavailable\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT",
            code: .unreachable, words: ["503"], retryAfter: .zero),
        Answer(
            head: "503 Service Unavailable\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT",
            code: .unreachable, words: ["503"], retryAfter: .seconds(30)),
        Answer(
            head: "503 Service Unavailable\r\nRetry-After: soon", code: .unreachable,
            words: ["503"]),
        Answer(head: "499 Odd", code: .refused, words: ["answered 499 instead"]),
        Answer(head: "200 OK", code: .unreachable, words: ["200 OK"]),
    ]

    @Test("A status is passed on", arguments: answers, ["ws", "http"])
    func status(answer: Answer, scheme: String) async throws {
        let server = try await answering(
            "HTTP/1.1 \(answer.head)\r\nContent-Length: 0\r\n\r\n")
        let url = "\(scheme)://127.0.0.1:\(try #require(server.localAddress?.port))"
        let transport: any Transport =
            scheme == "ws" ? try WebSocketTransport(url) : try PrimusTransport(url)
        let error = await #expect(throws: LinkError.self) { try await transport.connect() }
        #expect(error?.code == answer.code)
        #expect(error?.retryAfter == answer.retryAfter)
        for word in answer.words {
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "nil")")
        }
        try await server.close()
    }

    /// Gives every connection the same answer to its first bytes, and closes it.
    private func answering(_ text: String) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FixedAnswer(text))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class FixedAnswer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let text: String
        private var hasAnswered = false

        init(_ text: String) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasAnswered else { return }
            hasAnswered = true
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)))
                .whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
