// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import ScuttlebuttNIO
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import TestSupport
import Testing

@Suite("Links with compression", .timeLimit(.minutes(20)))
struct CompressedLinkTests {
    private static let offer = "Sec-WebSocket-Extensions: permessage-deflate"

    /// A listener, a link that was accepted, and one that dialled it.
    private static func withLinks(
        _ scheme: String, _ limits: LinkLimits = LinkLimits(), server: LinkLimits = LinkLimits(),
        _ body: (_ dialled: any Link, _ accepted: any Link) async throws -> Void
    ) async throws {
        let listener = try await WebSocketListener.listen(limits: server)
        let url = "\(scheme)://127.0.0.1:\(listener.port)"
        let transport: any Transport =
            scheme == "ws"
            ? try WebSocketTransport(url, limits: limits)
            : try PrimusTransport(url, limits: limits)
        let dialled = try await transport.connect()
        let accepted = try #require(await listener.accept())
        try await body(dialled, accepted)
        await dialled.close(.finished)
        await accepted.close(.finished)
        await listener.close()
    }

    private static let lines = (1...5_000).map { number in
        #"[{"type":"NOTE","payload":{"n":\#(number),"text":"in a chat"}},\#(number),"WRITER"]"#
    }

    @Test("Both directions are compressed, and lines arrive whole", arguments: ["ws", "http"])
    func bothDirections(scheme: String) async throws {
        try await Self.withLinks(scheme) { dialled, accepted in
            for (from, to) in [(dialled, accepted), (accepted, dialled)] {
                let before = to.receivedByteCount
                let block = OutboundLines(lines: Self.lines.map { Array($0.utf8) })
                async let sent: Void = from.send(block)
                var reader = LineReader(to)
                for line in Self.lines { #expect(try await reader.text() == line) }
                try await sent
                let onWire = to.receivedByteCount - before
                #expect(onWire * 6 < block.bytes.count, "\(onWire)")
                #expect(from.compressedByteCount.before > block.bytes.count - Self.lines.count)
                #expect(from.compressedByteCount.after < onWire)
            }
        }
    }

    @Test(
        "Who has switched it off, or takes only short messages, gets every line as it is",
        arguments: ["ws", "http"], [true, false])
    func off(scheme: String, atServer: Bool) async throws {
        var off = LinkLimits()
        off.compresses = false
        var short = LinkLimits()
        short.maximumLineByteCount = WebSocketCompression.leastMessageByteCount - 1
        for limits in [off, short] {
            try await Self.withLinks(
                scheme, atServer ? LinkLimits() : limits, server: atServer ? limits : LinkLimits()
            ) { dialled, accepted in
                for (from, to) in [(dialled, accepted), (accepted, dialled)] {
                    let before = to.receivedByteCount
                    let block = OutboundLines(lines: Self.lines.map { Array($0.utf8) })
                    async let sent: Void = from.send(block)
                    var reader = LineReader(to)
                    for line in Self.lines { #expect(try await reader.text() == line) }
                    try await sent
                    #expect(to.receivedByteCount - before > block.bytes.count - Self.lines.count)
                    #expect(from.compressedByteCount == CompressedByteCount())
                }
            }
        }
    }

    @Test("A server answers an offer, and says nothing where none was made")
    func answers() async throws {
        let listener = try await WebSocketListener.listen()
        var off = LinkLimits()
        off.compresses = false
        let without = try await WebSocketListener.listen(limits: off)
        let accepted =
            "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; "
            + "client_no_context_takeover"
        for path in ["/ws", "/ws?batch=1", "/primus"] {
            for (port, headers, isAccepted) in [
                (listener.port, [Self.offer], true), (listener.port, [], false),
                (listener.port, ["\(Self.offer); mystery"], false),
                (listener.port, ["\(Self.offer); mystery", Self.offer], true),
                (without.port, [Self.offer], false),
            ] {
                let head = try await RawConnection.run(port) { peer in
                    try await peer.sayUpgrade(path, headers: headers)
                    return try await peer.head().lowercased()
                }
                #expect(head.hasPrefix("http/1.1 101"))
                #expect(head.contains(accepted) == isAccepted, "\(head)")
                #expect(head.contains("sec-websocket-extensions") == isAccepted)
            }
        }
        let head = try await RawConnection.run(listener.port) { peer in
            try await peer.sayUpgrade("/ws", headers: ["\(Self.offer);;"])
            return try await peer.head()
        }
        #expect(head.hasPrefix("HTTP/1.1 400"))
        await listener.close()
        await without.close()
    }

    @Test("A client fails the connection if it did not offer what the server accepts")
    func unoffered() async throws {
        for (extensions, isOffered, isAgreed) in [
            ("permessage-deflate; server_no_context_takeover", true, true),
            ("permessage-deflate; server_no_context_takeover", false, false),
            ("permessage-deflate", true, false), ("x-other", true, false),
        ] {
            let server = try await Self.answering(extensions)
            var limits = LinkLimits()
            limits.compresses = isOffered
            let transport = try WebSocketTransport(
                "ws://127.0.0.1:\(try #require(server.localAddress?.port))", limits: limits)
            if isAgreed {
                await (try await transport.connect()).close(.finished)
            } else {
                let error = await #expect(throws: LinkError.self) { try await transport.connect() }
                #expect(error?.code == .badFraming)
            }
            try await server.close()
        }
    }

    /// A server that accepts every upgrade with these extensions.
    private static func answering(_ extensions: String) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let upgrader = NIOWebSocketServerUpgrader(
                    shouldUpgrade: { channel, _ in
                        channel.eventLoop.makeSucceededFuture(
                            ["Sec-WebSocket-Extensions": extensions])
                    },
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeSucceededVoidFuture()
                    })
                return channel.pipeline.configureHTTPServerPipeline(
                    withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    @Test(
        "A bomb and a corrupt message end the link with their codes",
        arguments: [("bomb", "/ws"), ("bomb", "/primus"), ("ff", "/ws"), ("ff", "/primus")])
    func hostile(payload: String, path: String) async throws {
        let code: UInt16 = payload == "bomb" ? 1009 : 1007
        let listener = try await WebSocketListener.listen()
        try await RawConnection.run(listener.port) { peer in
            try await peer.sayUpgrade(path, headers: [Self.offer])
            _ = try await peer.head()
            let link = try #require(await listener.accept())
            // 20 MB of spaces are some 20 KB.
            let bomb = MessageDeflateTests.compressed([UInt8](repeating: 0x20, count: 20_000_000))
            try await peer.sayFrame(
                0xC1, payload == "bomb" ? try #require(bomb) : Fixtures.bytes(hex: payload))
            let error = await #expect(throws: LinkError.self) { try await link.receive() }
            #expect(error?.code == (code == 1009 ? .lineTooLong : .badFraming))
            guard case .close(let reason) = try await peer.frame() else {
                Issue.record("no close frame")
                return
            }
            #expect(Array(reason.prefix(2)) == [UInt8(code >> 8), UInt8(code & 255)])
        }
        await listener.close()
    }

    @Test("Messages that grow a thousand times wait until there is room, also after the end")
    func room() async throws {
        let count = 200
        let line = [UInt8](repeating: 0x61, count: 1 << 20)
        let payload = try #require(MessageDeflateTests.compressed(line))
        #expect(payload.count < 2_000)
        let listener = try await WebSocketListener.listen()
        let link = try await RawConnection.run(listener.port) { peer in
            try await peer.sayUpgrade("/ws", headers: [Self.offer])
            _ = try await peer.head()
            for _ in 0..<count { try await peer.sayFrame(0xC1, payload) }
            try await peer.sayClose([0x03, 0xE8])
            return try #require(await listener.accept())
        }
        var lengths: [Int] = []
        var largest = 0
        while let lines = try await link.receive() {
            lengths += lines.ranges.map(\.count)
            largest = max(largest, lines.bytes.count)
        }
        #expect(lengths == Array(repeating: 1 << 20, count: count))
        // The bound of an inbox, and a message more.
        #expect(largest <= 3 << 20, "\(largest) bytes at once")
        await link.close(.finished)
        await listener.close()
    }
}
