// SPDX-License-Identifier: MIT

import NIOCore
import NIOEmbedded
import ScuttlebuttRuntime
import Testing

@testable import ScuttlebuttNIO

@Suite("Primus heartbeats, in virtual time", .timeLimit(.minutes(20)))
struct PrimusHeartbeatTests {
    static let timings = PrimusTimings()

    /// What happens at which second until `end`, when nothing but `events` arrives.
    static func run(
        _ start: PrimusHeartbeat, until end: Int64, isReading: Bool = true,
        events: Events = [:]
    ) -> [String] {
        var heartbeat = start
        let zero = NIODeadline.uptimeNanoseconds(0)
        heartbeat.opened(now: zero)
        var said: [String] = []
        for second in 1...end {
            let now = zero + .seconds(second)
            events[second]?(&heartbeat, now)
            guard let deadline = heartbeat.deadline, deadline <= now else { continue }
            switch heartbeat.tick(now: now, isReading: isReading) {
            case .nothing: break
            case .ping: said.append("ping@\(second)")
            case .giveUp: return said + ["gone@\(second)"]
            }
        }
        return said
    }

    typealias Events = [Int64: (inout PrimusHeartbeat, NIODeadline) -> Void]

    static func pong(_ seconds: Int64...) -> Events {
        Dictionary(
            uniqueKeysWithValues: seconds.map { second in
                (
                    second,
                    { heartbeat, now in
                        heartbeat.heard(now: now)
                        heartbeat.heardPong(now: now)
                    }
                )
            })
    }

    static func ping(_ seconds: Int64...) -> Events {
        Dictionary(
            uniqueKeysWithValues: seconds.map { second in
                (
                    second,
                    { heartbeat, now in
                        heartbeat.heard(now: now)
                        heartbeat.heardPing(now: now)
                    }
                )
            })
    }

    @Test("A server pings a client that has not, and drops a mute one after 35 s")
    func serverMute() {
        #expect(
            Self.run(PrimusHeartbeat(server: Self.timings), until: 99) == ["ping@28", "gone@35"])
    }

    @Test("A server never pings a client that pings by itself")
    func serverOfSix() {
        let said = Self.run(
            PrimusHeartbeat(server: Self.timings), until: 100, events: Self.ping(25, 50, 75))
        #expect(said == [])
    }

    @Test("A server keeps a Primus 8 client alive with pings")
    func serverOfEight() {
        let said = Self.run(
            PrimusHeartbeat(server: Self.timings), until: 120, events: Self.pong(29, 59, 89, 119))
        #expect(said == ["ping@28", "ping@58", "ping@88", "ping@118"])
    }

    @Test("A server that is not reading drops no client for its silence")
    func serverNotReading() {
        let said = Self.run(
            PrimusHeartbeat(server: Self.timings), until: 50, isReading: false)
        #expect(said == ["ping@28"])
    }

    @Test("A client of Primus 6 pings 25 s after opening and after each pong")
    func clientOfSix() {
        let start = PrimusHeartbeat(client: Self.timings, dialect: .clientPings)
        #expect(
            Self.run(start, until: 99, events: Self.pong(26, 53))
                == ["ping@25", "ping@51", "ping@78", "gone@88"])
    }

    @Test("A client of Primus 8 never pings and gives up 45 s after the last ping")
    func clientOfEight() {
        let start = PrimusHeartbeat(client: Self.timings, dialect: .serverPings)
        #expect(Self.run(start, until: 99, events: Self.ping(30)) == ["gone@75"])
    }

    @Test("A client without a known dialect waits 32 s, then assumes Primus 6")
    func clientUnknown() {
        let start = PrimusHeartbeat(client: Self.timings, dialect: .unknown)
        #expect(
            Self.run(start, until: 99, events: Self.pong(33)) == ["ping@32", "ping@58", "gone@68"])
        #expect(Self.run(start, until: 99, events: Self.ping(30, 60)) == [])
    }

    @Test("The dialect is read from the specification")
    func dialect() {
        func dialect(_ json: String) -> PrimusDialect {
            PrimusSpecification.dialect(Array(json.utf8))
        }
        #expect(dialect(#"{"timeout":35000,"version":"6.1.0"}"#) == .clientPings)
        #expect(dialect(#"{"pingInterval":30000,"version":"8.0.9"}"#) == .serverPings)
        #expect(dialect(PrimusSpecification.json()) == .clientPings)
        for other in ["", "{}", "[]", "<html>", #"{"timeout":"x"}"#] {
            #expect(dialect(other) == .unknown)
        }
    }

    @Test("A silent link is pinged, then closed with 1000 and without primus::server::close")
    func silentLink() throws {
        let channel = EmbeddedChannel()
        let link = try Self.install(on: channel)
        channel.embeddedEventLoop.advanceTime(by: .seconds(28))
        let ping = try #require(try channel.readOutbound(as: ByteBuffer.self))
        let text = try #require(WebSocketDecoderTests.decode(Array(ping.readableBytesView)).first)
        #expect(text.hasPrefix("t:\"primus::ping::"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(7))
        var rest: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            rest += buffer.readableBytesView
        }
        #expect(rest == [0x88, 0x02, 0x03, 0xE8])
        #expect(!channel.isActive)
        _ = link
    }

    @Test("Timers of a closed link retain nothing")
    func timersHoldNothing() throws {
        let channel = EmbeddedChannel()
        weak var handler: LinkHandler?
        do {
            let link = try Self.install(on: channel)
            handler = try channel.pipeline.syncOperations.handler(type: LinkHandler.self)
            #expect(handler != nil)
            _ = link
        }
        _ = try channel.finish()
        channel.embeddedEventLoop.run()
        #expect(handler == nil)
    }

    static func install(on channel: EmbeddedChannel) throws -> any Link {
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return try WebSocketServerLink.configure(channel: channel, dialect: .primus())
    }
}
