// SPDX-License-Identifier: MIT

import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import TestSupport
import Testing

/// HTTP as proxies and clients speak it: what RFC 9112 and RFC 6455 ask of a server.
@Suite("A connection carries any requests, and then a WebSocket", .timeLimit(.minutes(20)))
struct HTTPConnectionTests {
    private static let upgrade =
        "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    private static let accepted = "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="

    /// Runs the body against the relay and against a bare listener.
    private func servers(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withRelay { _, address in try await body(address.port) }
        let listener = try await WebSocketListener.listen()
        try await body(listener.port)
        await listener.close()
    }

    /// Hears the head of an answer and takes its body away.
    private func answer(_ peer: inout RawConnection) async throws -> String {
        let head = try await peer.head().lowercased()
        let length =
            head.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
            .flatMap { Int($0.dropFirst("content-length: ".count)) } ?? 0
        try await peer.skip(length)
        return head
    }

    @Test("The upgrade may be any request of a connection", arguments: [0, 1, 3])
    func laterUpgrade(before count: Int) async throws {
        try await servers { port in
            try await RawConnection.run(port) { peer in
                for _ in 0..<count {
                    try await peer.say("GET /primus/spec HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try await answer(&peer).hasPrefix("http/1.1 200"))
                }
                try await peer.say(Self.upgrade)
                let head = try await peer.head().lowercased()
                #expect(head.hasPrefix("http/1.1 101") && head.contains(Self.accepted))
            }
        }
    }

    @Test("A server that is full answers requests, refuses links with 503, and has room again")
    func full() async throws {
        try await withRelay(configure: { $0.maximumConnections = 1 }) { relay, address in
            let statuses = try await RawConnection.run(address.port) { holder in
                try await holder.say(Self.upgrade)
                #expect(try await holder.head().hasPrefix("HTTP/1.1 101"))
                let health = try await RawConnection.request(address.port, "/healthz").head
                let refused = try await RawConnection.run(address.port) { peer in
                    try await peer.say(Self.upgrade)
                    let head = try await peer.head()
                    try await peer.end()
                    return head
                }
                // A TCP link counts as well.
                try await RawConnection.run(address.tcpPort) { peer in try await peer.end() }
                return [health, refused]
            }
            #expect(statuses[0].hasPrefix("HTTP/1.1 200"))
            #expect(statuses[1].hasPrefix("HTTP/1.1 503"))
            #expect(statuses[1].contains("Retry-After: 30"))
            // The place is free as soon as the server notices.
            var status = ""
            while !status.hasPrefix("HTTP/1.1 101") {
                status = try await RawConnection.run(address.port) { peer in
                    try await peer.say(Self.upgrade)
                    return try await peer.head()
                }
            }
        }
    }

    @Test("Requests, the upgrade and the first frame may come in one packet")
    func onePacket() async throws {
        try await withRelay { _, address in
            try await RawConnection.run(address.port) { peer in
                // A masked text frame with the header {"clock":{}}, whose mask is zero.
                let line = #"{"clock":{}}"#
                let frame = [0x81, 0x80 | UInt8(line.utf8.count), 0, 0, 0, 0] + Array(line.utf8)
                let get = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
                try await peer.say(Array((get + get + Self.upgrade).utf8) + frame)
                #expect(try await answer(&peer).hasPrefix("http/1.1 200"))
                #expect(try await answer(&peer).hasPrefix("http/1.1 200"))
                #expect(try await peer.head().hasPrefix("HTTP/1.1 101"))
                // Only whoever has read our header sends its history and SYNC.
                #expect(try await peer.hears("\"SYNC\""))
            }
        }
    }

    struct Request: Sendable {
        let text: String
        let status: String
        var words: [String] = []
        var closes = false
    }

    @Test(
        "Whatever is answered, the next request is answered too or the connection says so",
        arguments: [
            Request(
                text: "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
                status: "400", closes: true),
            Request(
                text: "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: x\r\n\r\n",
                status: "400", closes: true),
            Request(
                text: "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                status: "426", words: ["sec-websocket-version: 13"], closes: true),
            Request(
                text: "GET /nothing HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                status: "404", closes: true),
            Request(
                text: "GET /primus/spec HTTP/1.1\r\nHost: h\r\n"
                    + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
                status: "200", closes: true),
            Request(
                text: "POST /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                status: "426", closes: true),
            Request(
                text: "GET /ws HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                status: "426", closes: true),
            Request(text: "GET /primus/spec HTTP/1.1\r\n\r\n", status: "400", closes: true),
            Request(
                text: "GET /primus/spec HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", status: "400",
                closes: true),
            Request(text: "GET http://h/primus/spec HTTP/1.1\r\nHost: h\r\n\r\n", status: "200"),
            Request(text: "GET /primus/spec HTTP/1.0\r\n\r\n", status: "200", closes: true),
            Request(
                text: "GET /primus/spec HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", status: "200",
                words: ["connection: keep-alive"]),
            Request(
                text: "OPTIONS / HTTP/1.0\r\n\r\n", status: "200", words: ["allow: get"],
                closes: true),
            Request(text: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", status: "200"),
            Request(text: "GET /ws HTTP/1.1\r\nHost: h\r\n\r\n", status: "426"),
            Request(
                text: "POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
                status: "404"),
            Request(
                text: "POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                    + "Expect: 100-continue\r\n\r\n",
                status: "404", closes: true),
            Request(
                text: "GET /primus/spec HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                status: "200", closes: true),
        ])
    func everyAnswer(request: Request) async throws {
        try await servers { port in
            try await RawConnection.run(port) { peer in
                try await peer.say(request.text)
                let head = try await answer(&peer)
                #expect(head.hasPrefix("http/1.1 \(request.status)"), "\(head)")
                for word in request.words { #expect(head.contains(word), "\(head)") }
                #expect(head.contains("connection: close") == request.closes, "\(head)")
                if request.closes {
                    try await peer.end()
                } else {
                    try await peer.say("GET /primus/spec HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try await answer(&peer).hasPrefix("http/1.1 200"))
                }
            }
        }
    }

    @Test("A link behind other requests carries actions like any other")
    func linkBehindRequests() async throws {
        try await withRelay { relay, address in
            try await RawConnection.run(address.port) { peer in
                try await peer.say("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try await answer(&peer)
                try await peer.say(Self.upgrade)
                _ = try await peer.head()
                let line = #"[{"type":"A","meta":{}},1,"x"]"#
                let frame = [0x81, 0x80 | UInt8(line.utf8.count), 0, 0, 0, 0] + Array(line.utf8)
                try await peer.say(frame)
                await relay.store.reaches { $0.log.count == 1 }
            }
        }
    }
}
