// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@testable import ScuttlebuttCommand

@Suite(.timeLimit(.minutes(20)))
struct PeerRequestTests {
    private func read(_ text: String) -> PeerRequest? {
        try? PeerRequest(Array(text.utf8), .join)
    }

    @Test("A command is its name, and for dispatch the JSON text after it")
    func commands() {
        #expect(read("state") == .state)
        #expect(read("  history \t") == .history)
        #expect(read("clock\r") == .clock)
        #expect(read("status") == .status)
        #expect(read("quit") == .quit)
        #expect(read("presence ") == .presence)
        #expect(
            read("presence  {\"name\": \"Ada\"} ") == .present(Array("{\"name\": \"Ada\"}".utf8)))
        #expect(read("presence null") == .present(nil))
        #expect(read("dispatch {\"type\": \"A\"} ") == .dispatch(Array("{\"type\": \"A\"}".utf8)))
    }

    @Test(
        "An invalid command is refused with a message",
        arguments: ["", "  ", "fly", "state now", "dispatch", "STATE", "dump"])
    func refusals(text: String) {
        #expect(throws: PeerRequestError.self) {
            try PeerRequest(Array(text.utf8), .join)
        }
    }

    @Test("peer actions calls the state a dump")
    func dump() throws {
        #expect(try PeerRequest(Array("dump".utf8), .actions) == .state)
        #expect(throws: PeerRequestError.self) {
            try PeerRequest(Array("state".utf8), .actions)
        }
    }
}

@Suite(.timeLimit(.minutes(20)))
struct ArgumentTests {
    @Test("An address is a port, or a host and a port")
    func addresses() {
        #expect(SocketAddress(argument: "0") == SocketAddress(host: "127.0.0.1", port: 0))
        #expect(
            SocketAddress(argument: "localhost:4000")
                == SocketAddress(host: "localhost", port: 4000))
        #expect(SocketAddress(argument: "[::1]:5") == SocketAddress(host: "::1", port: 5))
        #expect(SocketAddress(argument: "tcp://[::1]:5") == SocketAddress(host: "::1", port: 5))
        #expect(SocketAddress(argument: "http://localhost:5") == nil)
        #expect(SocketAddress(argument: "[::1]:5")?.text == "[::1]:5")
        for text in ["", ":1", "a:", "::1:5", "a:70000", "a:-1", "a:+1", "a: 1"] {
            #expect(SocketAddress(argument: text) == nil, "\(text)")
        }
    }

    @Test("A stamp is a timestamp and a source, which may contain further @ signs")
    func places() throws {
        let place = try #require(StampArgument(argument: "3@a@b"))
        #expect(place.stamp.timestamp.value == 3)
        #expect(place.stamp.source.text == "a@b")
        for text in ["", "3", "@a", "0@a", "-1@a", "1e999@a", "nan@a"] {
            #expect(StampArgument(argument: text) == nil, "\(text)")
        }
    }

    @Test("A bot's interval can be given in seconds")
    func bots() {
        #expect(BotName(argument: "life")?.seconds == 1)
        #expect(BotName(argument: "life=0.25")?.seconds == 0.25)
        for text in ["", "life=", "life=0", "life=nan", "life=inf", "chess"] {
            #expect(BotName(argument: text) == nil, "\(text)")
        }
    }
}
