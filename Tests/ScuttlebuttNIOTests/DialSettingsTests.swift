// SPDX-License-Identifier: MIT

import Foundation
import NIOCore
import NIOPosix
import ScuttlebuttNIO
import ScuttlebuttRuntime
import Synchronization
import TestSupport
import Testing

/// What a client says to a server and to the proxies before it.
@Suite("Dialling over HTTP", .timeLimit(.minutes(20)))
struct DialSettingsTests {
    @Test("A request looks like a browser's", arguments: ["ws", "http"])
    func request(scheme: String) async throws {
        let heads = try await heads(of: "\(scheme)://127.0.0.1:PORT/sb")
        let paths = scheme == "ws" ? ["/sb"] : ["/sb/primus/spec", "/sb/primus?_primuscb="]
        #expect(heads.count == paths.count)
        for (head, path) in zip(heads, paths) {
            #expect(head.text.hasPrefix("GET \(path)"))
            #expect(head.text.ranges(of: "Host: 127.0.0.1:\(head.port)\r\n").count == 1)
            #expect(head.text.contains("User-Agent: swift-scuttlebutt\r\n"))
        }
        #expect(heads.last?.text.contains("Origin: http://127.0.0.1:") == true)
    }

    @Test(
        "User and password go to the server as Basic, in every request", arguments: ["ws", "http"])
    func basic(scheme: String) async throws {
        let heads = try await heads(of: "\(scheme)://Aladdin:open%20sesame@127.0.0.1:PORT")
        #expect(!heads.isEmpty)
        for head in heads {
            // The example of RFC 7617.
            #expect(head.text.contains("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"))
        }
    }

    @Test("Own headers replace those of the same name", arguments: ["ws", "http"])
    func headers(scheme: String) async throws {
        var settings = DialSettings()
        try settings.add(header: "authorization:  Bearer t \t")
        try settings.add(header: "X-Empty:")
        try settings.add(header: "User-Agent: mine")
        for head in try await heads(of: "\(scheme)://u:p@127.0.0.1:PORT", settings) {
            let text = head.text.lowercased()
            #expect(text.ranges(of: "authorization:").count == 1)
            #expect(text.contains("authorization: bearer t\r\n"))
            #expect(text.contains("user-agent: mine\r\n") && text.contains("x-empty:"))
        }
    }

    @Test(
        "What is no header, or belongs to the connection, is refused without its value",
        arguments: [
            "secret", ": secret", "A B: secret", "A: secret\r\nHost: x", "Ä: secret",
            "A: \u{7F}secret", "host: secret", "Upgrade: secret", "Sec-WebSocket-Key: secret",
            "connection: secret", "Content-Length: secret", "Transfer-Encoding: secret",
        ])
    func badHeaders(line: String) {
        var settings = DialSettings()
        let error = #expect(throws: LinkError.self) { try settings.add(header: line) }
        #expect(error?.code == .badAddress)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "A private authority is trusted when it is named, and only then", arguments: [true, false])
    func authority(replacesSystem: Bool) async throws {
        let listener = try await WebSocketListener.listen(tls: try TestCertificate.server())
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "scuttlebutt-\(UUID().uuidString).pem")
        try Data(TestCertificate.pem.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var settings = DialSettings()
        try settings.trust(authoritiesIn: file.path, replacesSystem: replacesSystem)
        for scheme in ["wss", "https"] {
            let url = "\(scheme)://127.0.0.1:\(listener.port)"
            let link = try await Transports.transport(for: url, settings: settings).connect()
            await link.close(.finished)
            let stranger = try Transports.transport(for: url)
            let error = await #expect(throws: LinkError.self) { try await stranger.connect() }
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("certificate is not trusted") == true)
        }
        await listener.close()
    }

    @Test("A file without certificates is refused by its name", arguments: [nil, "", "text"])
    func badAuthority(text: String?) throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "scuttlebutt-\(UUID().uuidString).pem")
        if let text { try Data(text.utf8).write(to: file) }
        defer { try? FileManager.default.removeItem(at: file) }
        var settings = DialSettings()
        let error = #expect(throws: LinkError.self) {
            try settings.trust(authoritiesIn: file.path)
        }
        #expect(error?.message.contains(file.lastPathComponent) == true)
    }

    private struct Head: Sendable {
        let text: String
        let port: Int
    }

    /// Dials a server that answers everything with 404, and returns the heads of all requests.
    private func heads(of url: String, _ settings: DialSettings = DialSettings()) async throws
        -> [Head]
    {
        let heard = Heard()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(heard))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let transport = try Transports.transport(
            for: url.replacingOccurrences(of: "PORT", with: "\(port)"), settings: settings)
        let error = await #expect(throws: LinkError.self) { try await transport.connect() }
        #expect(error?.message.contains("404") == true)
        try await server.close()
        return heard.texts.withLock { $0.map { Head(text: $0, port: port) } }
    }

    private final class Heard: Sendable {
        let texts = Mutex<[String]>([])
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let heard: Heard
        private var text = ""

        init(_ heard: Heard) { self.heard = heard }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard text.hasSuffix("\r\n\r\n") else { return }
            heard.texts.withLock { $0.append(text) }
            let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)))
                .whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
