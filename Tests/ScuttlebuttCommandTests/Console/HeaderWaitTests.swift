// SPDX-License-Identifier: MIT

import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite("The first action and what the server has", .serialized, .timeLimit(.minutes(20)))
struct HeaderWaitTests {
    @Test("An action written while a slow server connects comes behind what the server has")
    func slowServer() async throws {
        let server = try TerminalProcess(["serve", "--port", "0", "--in-memory", "--json"])
        try await server.see(#""http":"#)
        let url = String(try #require(server.output.firstMatch(of: /"http":"([^"]+)"/)?.1))
        let bob = try CommandProcess(["join", url, "--id", "bob", "--new-id"])
        for _ in 1...3 { _ = await bob.ask(#"dispatch {"type":"A"}"#) }
        _ = try await bob.ask("status") { $0.contains(#""synced":true,"pending":0"#) }

        kill(server.process, SIGSTOP)
        let ada = try TerminalProcess([
            "join", url, "--id", "ada", "--new-id", "--header-wait", "600",
        ])
        try await ada.see("type help")
        ada.type("dispatch {\"type\":\"B\"}\r")
        try await ada.see("waiting for the other side before the first write, up to 600 s")
        #expect(!ada.output.contains(#""timestamp""#))
        kill(server.process, SIGCONT)
        try await ada.see(#"{"ok":true,"timestamp":4,"source":"ada"}"#)
        #expect(!ada.output.contains("no server has said yet"))
        ada.type("quit\r")
        #expect(try await ada.finish() == 0)
        bob.endInput()
        _ = await bob.finish()
        kill(server.process, SIGINT)
        #expect(try await server.finish() == 0)
    }

    @Test("A server that says nothing holds the first action for that long, and a line says so")
    func silentServer() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        let result = try await CommandProcess.run(
            ["join", "tcp://127.0.0.1:\(port)", "--header-wait", "1", "--id", "a", "--new-id"],
            input: "dispatch {\"type\":\"A\"}\ndispatch {\"type\":\"A\"}\nquit\n")
        #expect(
            Array(result.output.prefix(2))
                == (1...2).map { #"{"ok":true,"timestamp":\#($0),"source":"a"}"# })
        #expect(result.errors.contains("before the first write, up to 1 s"))
        let warnings = result.errors.components(separatedBy: "no server has said yet").count - 1
        #expect(warnings == 1, "once, not with each action")
        try await channel.close()
    }

    @Test(
        "A wait that is no number of seconds up to an hour is bad input",
        arguments: ["-1", "3601", "x", ""])
    func badInput(wait: String) async throws {
        let result = try await CommandProcess.run(
            ["join", "tcp://127.0.0.1:9", "--header-wait=\(wait)"])
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("header-wait"))
    }
}
