// SPDX-License-Identifier: MIT

import NIOCore
import NIOEmbedded
import NIOHTTP1
import ScuttlebuttNIO
import Testing

@Suite("The entrance for HTTP", .timeLimit(.minutes(20)))
struct HTTPEntranceTests {
    private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private func entrance(headers: HTTPHeaders = [:]) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try HTTPEntrance.install(
            on: channel,
            HTTPEntrance.Configuration {
                _, _ in
                HTTPAnswer(.ok, headers: headers, body: ByteBuffer(string: "hello"))
            } accept: { _, _ in
            })
        // An embedded channel connects at once.
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return channel
    }

    /// What the client has been sent since the last call.
    private func said(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            text += String(buffer: buffer)
        }
        return text
    }

    private func answers(_ text: String) -> Int { text.ranges(of: "HTTP/1.1 200").count }

    @Test func `a client that takes no answers gets no more of them, and is not read`() throws {
        let channel = try entrance()
        channel.isWritable = false
        try channel.writeInbound(ByteBuffer(string: String(repeating: get, count: 100)))
        #expect(try said(channel).isEmpty)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(answers(try said(channel)) == 100)
        _ = try channel.finish()
    }

    @Test func `a request under way is answered when the server shuts down`() throws {
        let channel = try entrance()
        try channel.writeInbound(
            ByteBuffer(string: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try channel.writeInbound(ByteBuffer(string: "b"))
        let text = try said(channel)
        #expect(answers(text) == 1 && text.contains("Connection: close"))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
    }

    @Test(
        "A client that has the tag of an answer gets 304 and no body",
        arguments: [
            ("\"a\"", true), ("W/\"a\"", true), ("\"a-gzip\"", true), ("W/\"a-gzip\"", true),
            ("\"b\", W/\"a\" ", true), ("*", true), ("\"b\"", false), ("", false), ("\"", false),
            ("W/", false), ("\"a-gzip-gzip\"", false), ("a,", false),
        ])
    func entityTags(value: String, isKnown: Bool) throws {
        for method in ["GET", "HEAD"] {
            let channel = try entrance(headers: ["ETag": "\"a\"", "Content-Type": "text/plain"])
            let request = "\(method) / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \(value)\r\n\r\n"
            try channel.writeInbound(ByteBuffer(string: request + get))
            let text = try said(channel)
            #expect(text.hasPrefix("HTTP/1.1 \(isKnown ? 304 : 200) "))
            let first = text.prefix(upTo: try #require(text.firstRange(of: "\r\n\r\n")).upperBound)
            #expect(first.contains("ETag: \"a\"\r\n"))
            #expect(first.contains("Content-Length") != isKnown)
            // The next request is answered behind it.
            #expect(text.dropFirst(first.count).contains("HTTP/1.1 200"))
            #expect(text.ranges(of: "hello").count == (isKnown || method == "HEAD" ? 1 : 2))
            _ = try channel.finish()
        }
    }

    @Test func `an idle connection is closed in time`() throws {
        let channel = try entrance()
        try channel.writeInbound(ByteBuffer(string: get))
        #expect(answers(try said(channel)) == 1)
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func `half a request is closed in time`() throws {
        let channel = try entrance()
        try channel.writeInbound(ByteBuffer(string: "GET / HT"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(11))
        #expect(!channel.isActive)
    }
}
