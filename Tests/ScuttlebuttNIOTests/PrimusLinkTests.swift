// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttNIO
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Testing

@Suite("Closing, and the ends of Primus and WebSocket links", .timeLimit(.minutes(20)))
struct PrimusLinkTests {
    static func pair(
        timings: PrimusTimings = PrimusTimings(), clientTimings: PrimusTimings = PrimusTimings()
    ) async throws -> (client: any Link, server: any Link, listener: WebSocketListener) {
        let listener = try await WebSocketListener.listen(timings: timings)
        let transport = try PrimusTransport(
            "http://127.0.0.1:\(listener.port)?token=a", timings: clientTimings)
        let client = try await transport.connect()
        return (client, try #require(await listener.accept()), listener)
    }

    @Test("A server that has finished dismisses its client")
    func dismissed() async throws {
        let (client, server, _) = try await Self.pair()
        try await server.send(OutboundLines("last"))
        await server.close(.finished)
        var reader = LineReader(client)
        #expect(try await reader.text() == "last")
        let error = await #expect(throws: LinkError.self) { try await client.receive() }
        #expect(error?.code == .dismissed)
    }

    @Test(
        "After a fault or at shutdown the client may come back",
        arguments: [LinkClosing.fault("why"), .shutdown])
    func mayComeBack(reason: LinkClosing) async throws {
        let (client, server, _) = try await Self.pair()
        await server.close(reason)
        #expect(try await client.receive() == nil)
    }

    @Test("A client that closes only ends its link")
    func clientCloses() async throws {
        let (client, server, _) = try await Self.pair()
        await client.close(.finished)
        #expect(try await server.receive() == nil)
    }

    @Test("A silent client is dropped and may come back, a pinging one stays")
    func silence() async throws {
        var quick = PrimusTimings()
        quick.serverPingDelay = .seconds(60)
        quick.serverTimeout = .milliseconds(50)
        let (client, server, _) = try await Self.pair(timings: quick)
        let error = await #expect(throws: LinkError.self) { try await server.receive() }
        #expect(error?.code == .timedOut)
        #expect(try await client.receive() == nil)

        var eager = PrimusTimings()
        eager.clientPingInterval = .milliseconds(10)
        var patient = PrimusTimings()
        patient.serverTimeout = .seconds(20)
        let (a, b, _) = try await Self.pair(timings: patient, clientTimings: eager)
        // The client's pings are answered, else it would give up; lines pass in between.
        for number in 0..<20 {
            try await b.send(OutboundLines("\(number)"))
            var reader = LineReader(a)
            #expect(try await reader.text() == "\(number)")
        }
        await a.close(.finished)
    }

    @Test("TLS: wss and https carry lines, and an untrusted certificate is refused")
    func tls() async throws {
        let listener = try await WebSocketListener.listen(tls: try TestCertificate.server())
        for address in [
            "wss://localhost:\(listener.port)/ws", "https://127.0.0.1:\(listener.port)",
        ] {
            let trusting = try TestCertificate.client()
            let transport: any Transport =
                address.hasPrefix("wss")
                ? try WebSocketTransport(address, settings: DialSettings(tls: trusting))
                : try PrimusTransport(address, settings: DialSettings(tls: trusting))
            let client = try await transport.connect()
            let server = try #require(await listener.accept())
            try await client.send(OutboundLines("there €"))
            try await server.send(OutboundLines("back"))
            var (atServer, atClient) = (LineReader(server), LineReader(client))
            #expect(try await atServer.text() == "there €")
            #expect(try await atClient.text() == "back")
            await client.close(.finished)
            #expect(try await server.receive() == nil)
        }
        let doubting = try WebSocketTransport("wss://127.0.0.1:\(listener.port)/ws")
        await #expect(throws: LinkError.self) { try await doubting.connect() }
        let plain = try WebSocketTransport("ws://127.0.0.1:\(listener.port)/ws")
        await #expect(throws: LinkError.self) { try await plain.connect() }
        await listener.close()
    }

    @Test("A server that does not speak WebSocket is reported")
    func notAWebSocket() async throws {
        let listener = try await WebSocketListener.listen()
        let transport = try WebSocketTransport("ws://127.0.0.1:\(listener.port)/elsewhere")
        let error = await #expect(throws: LinkError.self) { try await transport.connect() }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("404 Not Found") == true)
    }
}
