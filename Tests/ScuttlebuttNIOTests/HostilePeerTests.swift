// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttNIO
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import TestSupport
import Testing

@Suite("A hostile peer only ends its own link", .timeLimit(.minutes(20)))
struct HostilePeerTests {
    typealias Frames = WebSocketDecoderTests

    /// A server with small bounds and a well-behaved link that must not notice anything.
    static func serving(
        upgradeTimeout: TimeAmount = .seconds(60), _ body: (WebSocketListener) async throws -> Void
    ) async throws {
        var limits = LinkLimits()
        limits.maximumLineByteCount = 1_000
        limits.upgradeTimeout = upgradeTimeout
        let listener = try await WebSocketListener.listen(limits: limits)
        let good = try await WebSocketTransport("ws://127.0.0.1:\(listener.port)").connect()
        let end = try #require(await listener.accept())
        try await body(listener)
        try await good.send(OutboundLines("still here"))
        var reader = LineReader(end)
        #expect(try await reader.text() == "still here")
        await good.close(.finished)
        await end.close(.finished)
        await listener.close()
    }

    @Test(
        "Requests that are not upgrades are answered",
        arguments: [
            ("/ws", "426"), ("/primus", "426"), ("/primus/?x=1", "426"), ("/primus/spec", "200"),
            ("/", "404"), ("/wsx", "404"),
        ])
    func plainRequests(path: String, status: String) async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.say("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                let head = try await peer.head()
                #expect(head.hasPrefix("HTTP/1.1 \(status)"))
                try await peer.end()
            }
        }
    }

    @Test(
        "Garbage, endless heads and slow requests instead of an upgrade end the connection",
        arguments: [
            "", "GET /ws HTTP/1.1\r\nHost: h\r\nX: ", "\u{0}\u{1}\u{2}\r\n\r\n", "SYNC\n",
            "GET /ws HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 20_000),
            "GET /" + String(repeating: "a", count: 500_000),
            "POST /ws HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: x\r\n\r\n",
        ].map { Abridged($0) })
    func beforeUpgrade(head: Abridged) async throws {
        try await Self.serving(upgradeTimeout: .seconds(3)) { listener in
            try await RawConnection.run(listener.port) { peer in
                try? await peer.say(head.text)
                try await peer.end()
                #expect(!String(decoding: peer.heard, as: UTF8.self).hasPrefix("HTTP/1.1 101"))
            }
        }
    }

    @Test("An upgrade at another path gets 404")
    func upgradeElsewhere() async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.sayUpgrade("/elsewhere")
                let head = try await peer.head()
                #expect(head.hasPrefix("HTTP/1.1 404"))
                try await peer.end()
            }
        }
    }

    @Test("An upgrade to something else is answered as a plain request", arguments: ["h2c", "x"])
    func otherUpgrade(name: String) async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.say(
                    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: \(name)\r\n\r\n"
                )
                #expect(try await peer.head().hasPrefix("HTTP/1.1 426"))
                try await peer.end()
            }
        }
    }

    @Test("Frames that come in one packet with the request are not lost")
    func earlyFrames() async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.sayUpgrade("/ws", more: Frames.frame(0x81, "early", masked: true))
                let link = try #require(await listener.accept())
                var reader = LineReader(link)
                #expect(try await reader.text() == "early")
                await link.close(.finished)
            }
        }
    }

    @Test("A second request in one packet with the first is broken framing")
    func secondRequest() async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.sayUpgrade(
                    "/ws", more: Array("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
                let link = try #require(await listener.accept())
                let error = await #expect(throws: LinkError.self) { try await link.receive() }
                #expect(error?.code == .badFraming)
                try await peer.end()
            }
        }
    }

    @Test("Broken frames get their close code", arguments: ["/ws", "/primus"])
    func brokenFrames(path: String) async throws {
        let cases: [([UInt8], String, LinkError.Code)] = [
            (Frames.frame(0x81, "unmasked"), "c1002", .badFraming),
            (Frames.frame(0xF1, "reserved", masked: true), "c1002", .badFraming),
            (Frames.frame(0x09, "fragmented ping", masked: true), "c1002", .badFraming),
            (Frames.frame(0x81, [0xC3, 0x28], masked: true), "c1007", .badFraming),
            (
                Frames.frame(0x81, [UInt8](repeating: 0x61, count: 1_001), masked: true), "c1009",
                .lineTooLong
            ),
            (
                [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], "c1009",
                .lineTooLong
            ),
        ]
        try await Self.serving { listener in
            for (bytes, close, code) in cases {
                try await RawConnection.run(listener.port) { peer in
                    try await peer.sayUpgrade(path, more: bytes)
                    let link = try #require(await listener.accept())
                    let error = await #expect(throws: LinkError.self) { try await link.receive() }
                    #expect(error?.code == code)
                    _ = try await peer.head()
                    #expect(try await peer.frames(1) == [close])
                    try await peer.end()
                }
            }
        }
    }

    @Test(
        "Whoever is still sending when it is cut off hears why", arguments: ["/ws", "/primus"])
    func closeCodeArrives(path: String) async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                let long = [UInt8](repeating: 0x61, count: 1 << 20)
                try await peer.sayUpgrade(path, more: Frames.frame(0x81, long, masked: true))
                let link = try #require(await listener.accept())
                // Released by its reader, as the session of such a link is.
                await #expect(throws: LinkError.self) { try await link.receive() }
                await link.close(.fault("too long"))
                // NIO closes this end as soon as it has heard everything.
                for _ in 0..<16 { try? await peer.say(long) }
                _ = try await peer.head()
                #expect(try await peer.frames(1) == ["c1009"])
                try await peer.end()
            }
        }
    }

    @Test(
        "A close frame has the code and what fits of the reason", arguments: [0, 1, 122, 123, 500])
    func closingReason(length: Int) async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.sayUpgrade("/ws")
                let link = try #require(await listener.accept())
                _ = try await peer.head()
                async let closed: Void = link.close(
                    .fault(String(repeating: "x", count: length) + "é"))
                // Its own end of the connection is still open, so that this is all that comes.
                #expect(try await peer.frames(1) == ["c1002"])
                let reason = min(length, 123) + (length <= 121 ? 2 : 0)
                #expect(Array(peer.heard.prefix(2)) == [0x88, UInt8(2 + reason)])
                await closed
            }
        }
    }

    @Test("A plain link takes several lines per frame, ignores binary, answers pings and closes")
    func plainLink() async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.sayUpgrade(
                    "/ws",
                    more: Frames.frame(0x81, "one\ntwo\r\n\n", masked: true)
                        + Frames.frame(0x82, [0, 255], masked: true)
                        + Frames.frame(0x89, "beat", masked: true)
                        + Frames.frame(0x01, "thr", masked: true)
                        + Frames.frame(0x80, "ee", masked: true)
                        + Frames.frame(0x88, [UInt8](), masked: true))
                let link = try #require(await listener.accept())
                var reader = LineReader(link)
                #expect(try await reader.text(4) == ["one", "two", "three"])
                _ = try await peer.head()
                try await peer.end()
                #expect(try await peer.frames(2).last == "c0")
            }
        }
    }

    @Test("Q13, Q16: Primus frames that are not JSON strings are ignored and do not end the link")
    func primusNonsense() async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                let texts = [
                    "", "null", "5", "{}", "[\"x\"]", "not json", "\"\\x\"",
                    "\"primus::unknown::5\"",
                    "\"primus::server::close\"", "\"primus::pong::\"", "\"[1]\\n[2]\\n[\"",
                    "\"3]\\n\"",
                    "\"primus::ping::17\"", "\"primus::id::\"",
                ]
                try await peer.sayUpgrade(
                    "/primus/?x=1",
                    more: texts.flatMap { Frames.frame(0x81, $0, masked: true) }
                        + Frames.frame(0x82, "\"[4]\\n\"", masked: true)
                        + Frames.frame(0x81, "\"[5]\\n\"", masked: true))
                let link = try #require(await listener.accept())
                var reader = LineReader(link)
                #expect(try await reader.text(4) == ["[1]", "[2]", "[3]", "[5]"])
                _ = try await peer.head()
                let said = try await peer.frames(2)
                #expect(said.first == "t:\"primus::pong::17\"")
                #expect(said.last?.hasPrefix("t:\"primus::id::") == true)
                #expect(said.last != "t:\"primus::id::\"")
                await link.close(.finished)
                #expect(
                    Array(try await peer.frames(4).dropFirst(2))
                        == ["t:\"primus::server::close\"", "c1000"])
            }
        }
    }

    @Test("A peer that asks and never reads costs almost no memory")
    func pingFlood() async throws {
        try await Self.serving { listener in
            try await RawConnection.run(listener.port) { peer in
                try await peer.sayUpgrade("/ws")
                let link = try #require(await listener.accept())
                let pings = (0..<2_000).flatMap { _ in
                    Frames.frame(0x89, [UInt8](repeating: 1, count: 125), masked: true)
                }
                // 100 MB of pings; the answers would fill as much if they were kept.
                for _ in 0..<400 { try await peer.say(pings) }
                try await peer.say(Frames.frame(0x81, "done", masked: true))
                var reader = LineReader(link)
                #expect(try await reader.text() == "done")
            }
        }
    }
}
