// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix
import Scuttlebutt
import ScuttlebuttNIO
import ScuttlebuttRuntime
import Testing

@Suite("The WebSocket upgrade", .timeLimit(.minutes(20)))
struct UpgradeTests {
    @Test(
        "Frames in one packet with the response to the upgrade are not lost",
        .timeLimit(.minutes(20)))
    func greetingInOnePacket() async throws {
        let listener = try await WebSocketListener.listen(host: "127.0.0.1", port: 0)
        let greeting = Task {
            guard let link = await listener.accept() else { return }
            try await link.send(OutboundLines(lines: [Array("\"first\"".utf8)]))
            _ = try await link.receive()
        }
        let behind = try #require(listener.address.split(separator: ":").last.flatMap { Int($0) })
        let proxy = try await joiningProxy(to: behind)
        let port = try #require(proxy.localAddress?.port)
        let link = try await WebSocketTransport("ws://127.0.0.1:\(port)/ws").connect()
        let lines = try #require(try await link.receive())
        #expect(lines.ranges.map { Array(lines.bytes[$0]) } == [Array("\"first\"".utf8)])
        await link.close(.finished)
        try? await greeting.value
        await listener.close()
        try? await proxy.close()
    }

    @Test("The form of the header is the fork's on WebSockets and upstream on TCP")
    func headerForms() async throws {
        let web = try await WebSocketListener.listen(host: "127.0.0.1", port: 0)
        let lines = try await TCPListener.listen(host: "127.0.0.1", port: 0)
        let links = [
            try await WebSocketTransport("ws://\(web.address)/ws").connect(),
            try await PrimusTransport("http://\(web.address)").connect(),
            try await TCPTransport(host: "127.0.0.1", port: lines.port).connect(),
        ]
        #expect(links.map(\.headerForm) == [.fork, .fork, .upstream])
        for link in links { await link.close(.finished) }
        await web.close()
        await lines.close()
    }

    /// Passes bytes on to a server, and holds the server's answer back until a frame follows it.
    private func joiningProxy(to port: Int) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(
                                Forwarder(to: client, joinsAnswer: true))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(
                            Forwarder(to: server, joinsAnswer: false))
                        client.setOption(.autoRead, value: true).whenComplete { _ in }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }
}

/// Writes what it reads to another channel.
private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private var isJoining: Bool
    private var held = ByteBuffer()

    init(to other: any Channel, joinsAnswer: Bool) {
        self.other = other
        isJoining = joinsAnswer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        held.writeBuffer(&buffer)
        if isJoining {
            let text = String(buffer: held)
            guard let end = text.firstRange(of: "\r\n\r\n"), end.upperBound < text.endIndex else {
                return
            }
            isJoining = false
        }
        other.writeAndFlush(held, promise: nil)
        held.clear()
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
}
