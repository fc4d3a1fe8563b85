// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import TestSupport
import Testing

@Suite("Bad input only affects its sender", .timeLimit(.minutes(20)))
struct BadInputTests {
    /// Lines that are refused, or mean nothing, while the connection goes on.
    static let refused = [
        #"[{"type":"BAD"},9007199254740992,"X"]"#, #"[{"type":"BAD"},1e999,"X"]"#,
        #"[{"type":"BAD"},-1,"X"]"#, #"[{"type":"BAD"},0,"X"]"#, #"[{"type":"BAD"},"1","X"]"#,
        #"[{"type":"BAD"},1,"toString"]"#, #"[{"type":"BAD"},1,"__proto__"]"#,
        #"[{"type":"BAD"},1,5]"#, #"[{"type":"BAD"},1]"#, #"[null,1,"X"]"#, #"[5,1,"X"]"#,
        #"[{"type":5},1,"X"]"#, #"[{"type":""},1,"X"]"#, #"[{},1,"X"]"#,
        #"[{"type":"BAD","meta":null},1,"X"]"#, #"[[],1,"X"]"#, "[]", "5", "null", "true",
        #""HELLO""#, "", "   ",
        "[" + String(repeating: #"{"a":"#, count: 300) + "1"
            + String(repeating: "}", count: 300) + #",1,"X"]"#,
    ]
    /// Lines that end the connection.
    static let fatal = [
        "nonsense", "{", #"[{"type":"BAD"},1,"X""#, "{}", #"{"id":"X"}"#, #"{"clock":null}"#,
        #"{"clock":0}"#, "\u{0}", #""SYNC"#,
    ]

    /// A relay and a peer on it that must notice nothing, while `body` does its worst.
    func withWitness(
        _ body: @Sendable (LogRelay, RelayAddress) async throws -> Void
    ) async throws {
        try await withRelay { relay, address in
            try await withPeer(address.ws) { witness in
                try await body(relay, address)
                witness.dispatch("STILL")
                relay.store.dispatch("HERE")
                for store in [witness, relay.store] {
                    await store.reaches { state in
                        let types = state.log.map(\.type)
                        return types.contains("STILL") && types.contains("HERE")
                    }
                    #expect(!store.json.contains("BAD"))
                }
                #expect(witness.json == relay.store.json)
            }
        }
    }

    @Test("Q13, Q16: Refused lines over TCP affect neither the link nor the clock")
    func refusedOverTCP() async throws {
        try await withWitness { relay, address in
            try await RawConnection.run(address.tcpPort) { client in
                try await client.say(Self.refused.joined(separator: "\n") + "\n")
                try await client.say(#"{"id":"X","clock":{}}"# + "\n")
                try await client.say("\"SYNC\"\n" + #"[{"type":"GOOD"},1,"X"]"# + "\n")
                await relay.store.reaches { $0.log.count == 1 }
                #expect(try await client.hears("\"SYNC\"\n"))
            }
        }
    }

    @Test("Q13, Q16: Refused lines and invalid frames over Primus do not end the link")
    func refusedOverPrimus() async throws {
        try await withWitness { relay, address in
            try await RawConnection.run(address.port) { client in
                _ = try await client.upgrade("/primus/?x=1")
                for text in ["", "5", "null", "{}", "[1]", "nonsense", #""primus::pong::1""#] {
                    try await client.sayText(text)
                }
                try await client.sayFrame(0x82, [0, 1])
                for line in Self.refused { try await client.sayText(primus(line)) }
                try await client.sayText(primus(#"{"id":"X","start":0,"clock":{"X":0}}"#))
                try await client.sayText(primus(#""SYNC""#))
                try await client.sayText(primus(#"[{"type":"GOOD"},1,"X"]"#))
                await relay.store.reaches { $0.log.count == 1 }
                #expect(try await client.hears(#"\"SYNC\""#))
            }
        }
    }

    @Test(
        "Q13: A line that is not JSON, or a header without a clock, ends a TCP link",
        arguments: fatal)
    func fatalOverTCP(line: String) async throws {
        try await withWitness { _, address in
            try await RawConnection.run(address.tcpPort) { client in
                try await client.say(line + "\n")
                try await client.end()
            }
        }
    }

    @Test(
        "Q13: … and ends a Primus link with close 1000, so that the client reconnects",
        arguments: fatal)
    func fatalOverPrimus(line: String) async throws {
        try await withWitness { _, address in
            try await RawConnection.run(address.port) { client in
                _ = try await client.upgrade("/primus")
                try await client.sayText(primus(line))
                try await client.end()
                let heard = String(decoding: client.heard, as: UTF8.self)
                #expect(!heard.contains("primus::server::close"))
                #expect(client.heard.suffix(2) == [0x03, 0xE8])
            }
        }
    }

    @Test(
        "Q13: … and ends a WebSocket with the code of a fault and a reason, whatever follows",
        arguments: fatal)
    func fatalOverWebSocket(line: String) async throws {
        try await withWitness { _, address in
            try await RawConnection.run(address.port) { client in
                _ = try await client.upgrade("/ws")
                try await client.sayText(line)
                for _ in 0..<64 { try? await client.sayFrame(0x82, Self.ballast) }
                try await client.end()
                let start = try #require(client.heard.lastIndex(of: 0x88))
                let frame = client.heard[start...]
                #expect(frame.dropFirst(2).starts(with: [0x03, 0xEA]))
                #expect(frame.count > 10, "there is a reason")
            }
        }
    }

    /// What a client may be sending while it is cut off.
    private static let ballast = [UInt8](repeating: 0, count: 60_000)

    @Test("Hostile timestamps do not keep anyone from writing")
    func hostileClock() async throws {
        try await withWitness { relay, address in
            try await RawConnection.run(address.tcpPort) { client in
                try await client.say(#"{"id":"X","clock":{"X":1e999,"Y":-1,"Z":9007199254740992}}"#)
                try await client.say("\n\"SYNC\"\n")
                try await client.say(#"[{"type":"LAST"},9007199254740991,"X"]"# + "\n")
                await relay.store.reaches { $0.log.count == 1 }
            }
            relay.store.dispatch("NEXT")
            #expect(relay.store.state.log.map(\.type) == ["NEXT", "LAST"])
        }
    }

    @Test("A peer that claims our newest timestamps does not keep us from writing")
    func hostileClaim() async throws {
        try await withWitness { relay, address in
            let own = relay.store.source.text
            try await RawConnection.run(address.tcpPort) { client in
                try await client.say("{\"id\":\"X\",\"clock\":{\"\(own)\":9007199254740991}}\n")
                try await client.say("[{\"type\":\"BAD\"},9007199254740991,\"\(own)\"]\n\"SYNC\"\n")
                #expect(try await client.hears("\"SYNC\"\n"))
            }
        }
    }

    @Test("A line above the bound ends its link", arguments: [true, false])
    func tooLong(isTCP: Bool) async throws {
        try await withRelay(configure: { $0.linkLimits.maximumLineByteCount = 1_000 }) {
            relay, address in
            try await RawConnection.run(isTCP ? address.tcpPort : address.port) { client in
                let line = String(repeating: "x", count: 2_000)
                if isTCP {
                    try await client.say(line)
                } else {
                    _ = try await client.upgrade("/ws")
                    try await client.sayText(line)
                }
                try await client.end()
            }
            relay.store.dispatch("A")
            #expect(relay.store.state.log.count == 1)
        }
    }

    /// A line with its newline, as Primus frames it.
    private func primus(_ line: String) -> String {
        var text = ""
        for scalar in line.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}": text += "\\u0000"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return "\"\(text)\\n\""
    }
}
