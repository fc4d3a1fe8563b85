// SPDX-License-Identifier: MIT

import Foundation
import NIOCore
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRuntime
import TestSupport
import Testing

@Suite("Our client, played to by the original's server", .timeLimit(.minutes(20)))
struct ClientInteropTests {
    @Test(
        "A store over Primus says what the original's client said, and comes back when it did",
        arguments: Recording.all)
    func client(_ recording: Recording) async throws {
        let isEight = recording.name == "primus8-heartbeat"
        let specification = isEight ? #"{"pingInterval":30000}"# : #"{"timeout":35000}"#
        try await OriginalServer.with(specification: specification) { server in
            var options = GossipOptions<RawAction>()
            options.source = recording.connections.first?.source(of: .client)
            options.backOff = BackOff(base: .milliseconds(1), longest: .milliseconds(20))
            let store = try PlayedStore(
                initial: [], reducer: PlayedStore.keeping, codec: .raw, options: options)
            let (events, event) = AsyncStream<SwarmEvent>.makeStream()
            store.swarm.observe { event.yield($0) }
            var happened = events.makeAsyncIterator()

            let connections = recording.connections
            let number = Connecting()
            var player = Player(recording, ours: .client, store: store) { number.close() }
            player.prepare(connections[0])
            number.begin(try connect(recording, store, to: server.port))
            for (index, connection) in connections.enumerated() {
                if index > 0 {
                    await happened.link(isOpen: false)
                    player.prepare(connection)
                    if recording.isRefused(before: connection) { try await server.refuse() }
                }
                try await server.accept { head, socket in
                    check(head, against: connection)
                    try await player.play(connection, over: &socket)
                }
            }
            if connections.last?.isDismissed == true { await happened.givingUp() }
            await player.checkHistory()
            await store.shutDown()
        }
    }

    private func connect(
        _ recording: Recording, _ store: PlayedStore, to port: Int
    ) throws -> Swarm.Connection {
        var timings = PrimusTimings()
        timings.clientPingInterval = .milliseconds(20)
        let target = recording.requests.first?.split(separator: " ").dropFirst().first ?? ""
        let query = target.split(separator: "?").last?.split(separator: "&").dropLast() ?? []
        let url =
            "http://127.0.0.1:\(port)" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        var options = SessionOptions()
        options.headerForm = .fork
        return store.connect(try PrimusTransport(url, timings: timings), options: options)
    }

    /// The request of ours is that of the original, but for what differs each time.
    private func check(_ head: String, against connection: [Recording.Event]) {
        guard case .http(let recorded)? = connection.first?.what else { return }
        func target(_ head: String) -> String {
            let line = head.prefix { $0 != "\r\n" }
            return line.replacingOccurrences(
                of: #"_primuscb=[-\w]+"#, with: "_primuscb=", options: .regularExpression)
        }
        #expect(target(head) == target(recorded))
        for name in ["upgrade", "connection", "sec-websocket-version", "sec-websocket-protocol"] {
            #expect(
                field(name, of: head)?.lowercased() == field(name, of: recorded)?.lowercased())
        }
    }
}

extension Recording {
    /// The requests of all connections.
    var requests: [String] {
        events.compactMap { event in
            if case .http(let head) = event.what, event.side == .client { head } else { nil }
        }
    }

    /// Whether a connection before this one met no server.
    func isRefused(before connection: [Event]) -> Bool {
        let number = connection.first?.connection ?? 0
        return events.contains { event in
            if case .event("error ECONNREFUSED") = event.what {
                event.connection == number - 1
            } else {
                false
            }
        }
    }
}

extension AsyncStream<SwarmEvent>.Iterator {
    /// Waits until a link was opened or closed.
    mutating func link(isOpen: Bool) async {
        while let event = await next() {
            switch event {
            case .linkOpened where isOpen, .linkClosed where !isOpen: return
            default: break
            }
        }
    }

    /// Waits until the peer is not dialled any more.
    mutating func givingUp() async {
        while let event = await next() { if case .gaveUp = event { return } }
    }
}
