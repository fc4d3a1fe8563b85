// SPDX-License-Identifier: MIT

import NIOCore
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import TestSupport
import Testing

@Suite("Our server, played to by the original's client", .timeLimit(.minutes(20)))
struct ServerInteropTests {
    /// The relay ends no connection of its own accord, as the server of these two does.
    private static let endings = ["primus-server-close", "primus-server-end-reconnect"]

    @Test(
        "The relay says what the original's server said",
        arguments: Recording.all.filter { !endings.contains($0.name) }, [false, true])
    func relay(_ recording: Recording, compresses: Bool) async throws {
        try await play(recording, against: .relay, compresses: compresses)
    }

    @Test("A server of a program's own says it too", arguments: Recording.all, [false, true])
    func listener(_ recording: Recording, compresses: Bool) async throws {
        try await play(recording, against: .listener, compresses: compresses)
    }

    private func play(
        _ recording: Recording, against kind: PlayedServer.Kind, compresses: Bool
    ) async throws {
        var timings = PrimusTimings()
        if recording.name == "primus8-heartbeat" {
            timings.serverPingDelay = .milliseconds(20)
            timings.serverPingInterval = .milliseconds(20)
        }
        // Long enough that a busy machine does not fall silent before the recording does.
        if recording.name.hasSuffix("timeout") { timings.serverTimeout = .seconds(20) }
        for life in lives(recording) {
            let source = try #require(life.first?.source(of: .server))
            try await PlayedServer.with(
                kind, source: source, timings: timings, compresses: compresses,
                dismisses: life.contains { $0.isDismissed }
            ) { server in
                var player = Player(
                    recording, ours: .server, store: server.store, end: server.end)
                for connection in life {
                    player.prepare(connection)
                    try await RawConnection.run(server.port) { socket in
                        try await upgrade(connection, &socket, compresses: compresses)
                        try await player.play(connection, over: &socket)
                    }
                }
                await player.checkHistory()
            }
        }
    }

    /// The connections to each server that there was, one after the other.
    private func lives(_ recording: Recording) -> [[[Recording.Event]]] {
        var lives: [[[Recording.Event]]] = []
        for connection in recording.connections {
            let source = connection.source(of: .server)
            if let last = lives.last?.last, last.source(of: .server) == source {
                lives[lives.count - 1].append(connection)
            } else {
                lives.append([connection])
            }
        }
        return lives
    }

    /// Sends the original's request as it was; the answer to its key is the one recorded.
    ///
    /// It offers compression, which the original declined.
    private func upgrade(
        _ connection: [Recording.Event], _ socket: inout RawConnection, compresses: Bool
    ) async throws {
        var recorded: [String] = []
        for case .http(let head) in connection.map(\.what) { recorded.append(head) }
        try #require(recorded.count == 2)
        try await socket.say(recorded[0])
        let head = try await socket.head()
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        for name in ["sec-websocket-accept", "upgrade"] {
            #expect(field(name, of: head) == field(name, of: recorded[1]))
        }
        let compression = field("sec-websocket-extensions", of: head)
        #expect(compression?.hasPrefix("permessage-deflate") == (compresses ? true : nil))
    }
}

/// A field of the head of a request or response.
func field(_ name: String, of head: String) -> String? {
    for line in head.split(separator: "\r\n").dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == name {
            return String(parts[1].drop { $0 == " " })
        }
    }
    return nil
}
