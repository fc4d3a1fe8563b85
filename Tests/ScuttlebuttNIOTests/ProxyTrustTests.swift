// SPDX-License-Identifier: MIT

import NIOCore
import NIOEmbedded
import NIOHTTP1
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttNIO

@Suite("What proxies say of their clients", .timeLimit(.minutes(20)))
struct ProxyTrustTests {
    private func trust(_ ranges: String..., header: ProxyTrust.Header = .xForwardedFor) throws
        -> ProxyTrust
    {
        var trust = ProxyTrust()
        trust.proxies = try ranges.map { try AddressRange($0) }
        trust.header = header
        return trust
    }

    private func client(_ trust: ProxyTrust, _ headers: HTTPHeaders, via peer: String) throws
        -> String
    {
        trust.client(headers, via: try SocketAddress(ipAddress: peer, port: 9)).text
    }

    @Test(
        "A range contains the addresses with its first bits, and none of the other family",
        arguments: [
            ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.255", true),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true), ("0.0.0.0/0", "::1", false),
            ("0.0.0.0/0", "203.0.113.9", true), ("::/0", "203.0.113.9", false),
            ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
            ("2001:db8::/33", "2001:db8:8000::", false), ("::1", "::1", true),
        ])
    func ranges(range: String, address: String, isInside: Bool) throws {
        let address = try #require(IPAddress(address))
        #expect(try AddressRange(range).contains(address) == isInside)
    }

    @Test(
        "What is no range is refused",
        arguments: [
            "", "/8", "localhost", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10.0.0/8",
            "10.0.0.0/8/8", "10.0.0.0/99999999999999999999", " 10.0.0.1", "[::1]",
        ])
    func badRanges(text: String) {
        let error = #expect(throws: LinkError.self) { try AddressRange(text) }
        #expect(error?.code == .badAddress)
    }

    @Test(
        "Hops are believed from the end, as long as trusted proxies name them",
        arguments: [
            ("203.0.113.7", "203.0.113.7"), ("203.0.113.7:99", "203.0.113.7:99"),
            ("[2001:db8::1]:99", "[2001:db8::1]:99"), ("2001:db8::1", "2001:db8::1"),
            // The client wrote the first itself.
            ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7 ,10.0.0.5", "203.0.113.7"),
            ("10.0.0.6,10.0.0.5", "10.0.0.6"), ("nonsense", "10.0.0.1:9"),
            ("203.0.113.7, unknown", "10.0.0.1:9"), ("1.1.1.1,_hidden,10.0.0.5", "10.0.0.5"),
            ("", "10.0.0.1:9"), (",,,", "10.0.0.1:9"), ("203.0.113.7:+9", "203.0.113.7"),
            ("203.0.113.7:99999", "203.0.113.7"), ("203.0.113.7:\u{1B}[2J", "203.0.113.7"),
            ("[2001:db8::1]x\u{7}", "2001:db8::1"), ("[", "10.0.0.1:9"), ("]", "10.0.0.1:9"),
        ])
    func hops(value: String, expected: String) throws {
        let trust = try trust("10.0.0.0/8")
        #expect(try client(trust, ["X-Forwarded-For": value], via: "10.0.0.1") == expected)
        // Nobody else is believed.
        let other = ["X-Forwarded-For": value] as HTTPHeaders
        #expect(try client(trust, other, via: "192.0.2.1") == "192.0.2.1:9")
        #expect(try client(ProxyTrust(), other, via: "10.0.0.1") == "10.0.0.1:9")
    }

    @Test(
        "Forwarded is read where the operator says so",
        arguments: [
            ("for=203.0.113.7", "203.0.113.7"), ("For=\"[2001:db8::1]:99\"", "[2001:db8::1]:99"),
            ("proto=https;for=203.0.113.7;by=10.0.0.1", "203.0.113.7"),
            ("for=1.1.1.1, for=203.0.113.7, for=10.0.0.5", "203.0.113.7"),
            ("for=203.0.113.7, proto=http", "10.0.0.1:9"), ("for", "10.0.0.1:9"),
            ("for=;for=1.1.1.1", "10.0.0.1:9"), ("for=\"", "10.0.0.1:9"), ("=;=,=", "10.0.0.1:9"),
        ])
    func forwarded(value: String, expected: String) throws {
        let headers = ["Forwarded": value, "X-Forwarded-For": "198.51.100.1"] as HTTPHeaders
        let trust = try trust("10.0.0.0/8", header: .forwarded)
        #expect(try client(trust, headers, via: "10.0.0.1") == expected)
        let other = try self.trust("10.0.0.0/8")
        #expect(try client(other, headers, via: "10.0.0.1") == "198.51.100.1")
    }

    @Test("Several headers are one list, and a long chain is not followed")
    func manyHops() throws {
        let trust = try trust("10.0.0.0/8")
        var headers = HTTPHeaders()
        headers.add(name: "X-Forwarded-For", value: "203.0.113.7")
        headers.add(name: "X-Forwarded-For", value: "10.0.0.2")
        #expect(try client(trust, headers, via: "10.0.0.1") == "203.0.113.7")
        let chain = (["203.0.113.7"] + Array(repeating: "10.0.0.2", count: 10_000))
            .joined(separator: ",")
        #expect(try client(trust, ["X-Forwarded-For": chain], via: "10.0.0.1") == "10.0.0.2")
    }

    @Test(
        "Whatever a header says, only an address comes out of it", arguments: UInt64(0)..<300)
    func anyHeader(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let parts = [
            "for=", "203.0.113.7", "10.0.0.2", "[2001:db8::1]", ":", "99", ",", ";", "\"", "=", " ",
            "[", "]", "unknown", "\u{1B}[2J", "\u{0}", "é", "::", "%eth0", "1e9",
        ]
        let count = Int.random(in: 0..<12, using: &random)
        let value = (0..<count).compactMap { _ in parts.randomElement(using: &random) }.joined()
        for header in ProxyTrust.Header.allCases {
            let name = header == .forwarded ? "Forwarded" : "X-Forwarded-For"
            let trust = try trust("10.0.0.0/8", "::/0", header: header)
            let text = try client(trust, [name: value], via: "10.0.0.1")
            #expect(text.allSatisfy { $0.isASCII && ($0.isHexDigit || "[]:.".contains($0)) })
        }
    }

    @Test("The client that a trusted proxy names gives a link its name and has the quota")
    func entrance() throws {
        let first = try upgraded(by: "203.0.113.7")
        #expect(first.links.all == ["websocket 203.0.113.7"])
        let (quota, trust) = (ConnectionQuota(perAddress: 1), try trust("127.0.0.1"))
        let held = try upgraded(by: "203.0.113.7", trust, quota)
        #expect(held.links.all.count == 1)
        let refused = try upgraded(by: "203.0.113.7", trust, quota)
        #expect(refused.links.all.isEmpty)
        #expect(refused.answer.hasPrefix("HTTP/1.1 429 "))
        #expect(refused.answer.contains("Retry-After: "))
        #expect(try upgraded(by: "203.0.113.8", trust, quota).links.all.count == 1)
        _ = try held.channel.finish(acceptAlreadyClosed: true)
        #expect(try upgraded(by: "203.0.113.7", trust, quota).links.all.count == 1)
    }

    @Test("Addresses of one IPv6 network share a quota")
    func networks() throws {
        let quota = ConnectionQuota(perAddress: 1)
        let channels = (0..<3).map { _ in EmbeddedChannel() }
        #expect(quota.take(IPAddress("2001:db8::1"), until: channels[0]) == .taken)
        #expect(quota.take(IPAddress("2001:db8::2"), until: channels[1]) == .clientIsFull)
        #expect(quota.take(IPAddress("2001:db8:0:1::2"), until: channels[2]) == .taken)
        #expect(quota.take(nil, until: channels[1]) == .taken)
    }

    @Test("When all places are taken, even an unknown client gets none until a link has ended")
    func total() throws {
        let quota = ConnectionQuota(perAddress: 2, total: 2)
        let channels = (0..<3).map { _ in EmbeddedChannel() }
        #expect(quota.take(IPAddress("192.0.2.1"), until: channels[0]) == .taken)
        #expect(quota.take(nil, until: channels[1]) == .taken)
        #expect(quota.take(IPAddress("192.0.2.2"), until: channels[2]) == .isFull)
        #expect(quota.take(nil, until: channels[2]) == .isFull)
        _ = try channels[1].finish(acceptAlreadyClosed: true)
        #expect(quota.take(IPAddress("192.0.2.2"), until: channels[2]) == .taken)
    }

    /// Upgrades a connection from 127.0.0.1 with `X-Forwarded-For`.
    private func upgraded(
        by client: String, _ trust: ProxyTrust? = nil, _ quota: ConnectionQuota? = nil
    ) throws -> (channel: EmbeddedChannel, links: LinkNames, answer: String) {
        let names = LinkNames()
        let channel = EmbeddedChannel()
        // An embedded channel connects at once.
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        var configuration = HTTPEntrance.Configuration { _, _ in
            HTTPAnswer(.ok, text: "hello")
        } accept: { link, _ in
            names.add(link)
        }
        configuration.trust = try trust ?? self.trust("127.0.0.1")
        configuration.quota = quota
        try HTTPEntrance.install(on: channel, configuration)
        try channel.writeInbound(
            ByteBuffer(
                string: """
                    GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                    X-Forwarded-For: \(client)\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: MTMtMTc5NTIzNDc2NjY2NQ==\r\n\r\n
                    """))
        channel.embeddedEventLoop.run()
        var answer = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            answer += String(buffer: buffer)
        }
        return (channel, names, answer)
    }
}
