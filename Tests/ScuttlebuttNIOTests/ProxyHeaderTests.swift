// SPDX-License-Identifier: MIT

import NIOCore
import NIOEmbedded
import NIOHTTP1
import ScuttlebuttRuntime
import Synchronization
import TestSupport
import Testing

@testable import ScuttlebuttNIO

/// Holds links, which would close if they were released, and tells their names.
final class LinkNames: Sendable {
    private let links = Mutex<[any Link]>([])
    var all: [String] { links.withLock { $0.map(\.name) } }
    func add(_ link: any Link) { links.withLock { $0.append(link) } }
}

@Suite("The PROXY protocol", .timeLimit(.minutes(20)))
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    private static let four: [UInt8] = [203, 0, 113, 7, 127, 0, 0, 1, 0xDD, 0xD5, 0, 80]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
        + Array(repeating: 0, count: 15) + [1, 0xDD, 0xD5, 0, 80]

    private static func binary(_ command: UInt8, _ family: UInt8, _ fields: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(fields.count >> 8), UInt8(fields.count & 255)] + fields
    }

    private static let valid: [([UInt8], String)] = [
        (Array("PROXY TCP4 203.0.113.7 127.0.0.1 56789 80\r\n".utf8), "203.0.113.7:56789"),
        (Array("PROXY TCP6 2001:db8::1 ::1 56789 80\r\n".utf8), "[2001:db8::1]:56789"),
        (Array("PROXY UNKNOWN\r\n".utf8), "unknown"),
        (Array("PROXY UNKNOWN ff::1 x y z\r\n".utf8), "unknown"),
        (binary(0x21, 0x11, four), "203.0.113.7:56789"),
        (binary(0x21, 0x21, six), "[2001:db8::1]:56789"),
        // Further fields, a health check, and sockets without addresses.
        (binary(0x21, 0x11, four + [3, 0, 1, 9]), "203.0.113.7:56789"),
        (binary(0x20, 0x11, four), "unknown"), (binary(0x20, 0, []), "unknown"),
        (binary(0x21, 0x31, Array(repeating: 65, count: 216)), "unknown"),
        (binary(0x21, 0x12, four), "unknown"),
    ]

    @Test("Both versions are read, from any number of pieces", arguments: 0..<11)
    func headers(index: Int) {
        let (bytes, expected) = Self.valid[index]
        for count in 0..<bytes.count {
            #expect(ProxyHeader.read(Array(bytes.prefix(count))) == .incomplete)
        }
        for rest in [[], Array("GET / HTTP/1.1\r\n".utf8)] {
            guard case .complete(bytes.count, let source) = ProxyHeader.read(bytes + rest) else {
                Issue.record("not complete")
                return
            }
            #expect(source.text == expected)
        }
    }

    @Test(
        "Everything else is refused, as soon as it can be told",
        arguments: [
            "GET / HTTP/1.1\r\n", "PROXX", "\r\n\r\nx", "PROXY \r\n", "PROXY TCP4\r\n", "PROXY \n",
            "PROXY TCP4 203.0.113.7 127.0.0.1 56789 80\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP6 203.0.113.7 127.0.0.1 1 2\r\n", "PROXY TCP5 1.1.1.1 1.1.1.1 1 2\r\n",
            "PROXY TCP4 1.1.1.1 1.1.1.1 1 2 3\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 65536 2\r\n",
            "PROXY TCP4 1.1.1.1 1.1.1.1 +1 2\r\n", "PROXY TCP4  1.1.1.1 1.1.1.1 1\r\n",
            "PROXY TCP4 1.1.1.999 1.1.1.1 1 2\r\n", "PROXY \u{FC} 1.1.1.1 1.1.1.1 1 2\r\n",
            "PROXY UNKNOWN \(String(repeating: "x", count: 100))\r\n",
            "PROXY \(String(repeating: "x", count: 101))",
        ])
    func refusedLines(text: String) {
        guard case .invalid = ProxyHeader.read(Array(text.utf8)) else {
            Issue.record("accepted")
            return
        }
    }

    @Test("Binary headers of other versions, too short or too long are refused")
    func refusedBinary() {
        let bad = [
            Self.binary(0x11, 0x11, Self.four), Self.binary(0x22, 0x11, Self.four),
            Self.binary(0x21, 0x11, Array(Self.four.dropLast())),
            Self.binary(0x21, 0x21, Array(Self.six.dropLast())), Self.binary(0x21, 0x11, []),
            Self.signature + [0x21, 0x11, 0xFF, 0xFF],
        ]
        for bytes in bad {
            guard case .invalid = ProxyHeader.read(bytes) else {
                Issue.record("accepted \(bytes)")
                continue
            }
        }
    }

    @Test("No bytes trap, and none are waited for without end", arguments: UInt64(0)..<300)
    func anyBytes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (bytes, _) = Self.valid[Int.random(in: 0..<Self.valid.count, using: &random)]
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                UInt8.random(in: 0...255, using: &random)
        }
        _ = ProxyHeader.read(bytes)
        bytes += Array(repeating: UInt8(ascii: "x"), count: ProxyHeader.maximumByteCount)
        #expect(ProxyHeader.read(bytes) != .incomplete)
    }

    @Test(
        "A connection becomes a link under the name in its header, in any pieces", arguments: 1..<80
    )
    func connection(pieceByteCount: Int) throws {
        let names = LinkNames()
        let channel = try entrance(names)
        let bytes = Self.valid[0].0 + Array(Self.upgrade.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
            let piece = bytes[start..<min(start + pieceByteCount, bytes.count)]
            try channel.writeInbound(ByteBuffer(bytes: piece))
        }
        channel.embeddedEventLoop.run()
        #expect(names.all == ["websocket 203.0.113.7:56789"])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test(
        "A connection without a header is closed, unanswered",
        arguments: [Self.upgrade, "PROXY TCP4", ""])
    func withoutHeader(text: String) throws {
        let names = LinkNames()
        let channel = try entrance(names)
        try channel.writeInbound(ByteBuffer(string: text))
        channel.embeddedEventLoop.advanceTime(by: .seconds(11))
        #expect(!channel.isActive)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(names.all.isEmpty)
    }

    @Test("Whoever is no trusted proxy is closed before it says anything")
    func stranger() throws {
        let channel = try entrance(LinkNames(), trusting: "10.0.0.0/8")
        #expect(!channel.isActive)
    }

    @Test("Lines over TCP begin with a header too, and the quota is the client's")
    func lines() async throws {
        var trust = ProxyTrust()
        trust.expectsProxyProtocol = true
        let listener = try await TCPListener.listen(
            trust: trust, quota: ConnectionQuota(perAddress: 1))
        try await RawConnection.run(listener.port) { first in
            try await first.say(Self.valid[0].0 + Array("[1]\n".utf8))
            let link = try #require(await listener.accept())
            #expect(link.name == "tcp 203.0.113.7:56789")
            let lines = try #require(try await link.receive())
            #expect(lines.ranges.map { Array(lines.bytes[$0]) } == [Array("[1]".utf8)])
            try await RawConnection.run(listener.port) { second in
                try await second.say(Self.valid[0].0)
                try await second.end()
            }
            await link.close(.finished)
        }
        await listener.close()
    }

    private static let upgrade = """
        GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTMtMTc5NTIzNDc2NjY2NQ==\r\n\r\n
        """

    private func entrance(
        _ names: LinkNames, trusting range: String = "127.0.0.1"
    ) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        // An embedded channel connects at once.
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        var configuration = HTTPEntrance.Configuration { _, _ in
            HTTPAnswer(.ok, text: "hello")
        } accept: { link, _ in
            names.add(link)
        }
        configuration.trust.proxies = [try AddressRange(range)]
        configuration.trust.expectsProxyProtocol = true
        try HTTPEntrance.install(on: channel, configuration)
        return channel
    }
}
