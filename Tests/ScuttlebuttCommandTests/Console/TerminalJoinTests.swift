// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttRelay
import TestSupport
import Testing

@testable import ScuttlebuttCommand

@Suite("A person at a terminal", .serialized, .timeLimit(.minutes(20)))
struct TerminalJoinTests {
    private struct Listening: Decodable { let http: String }

    private func server() async throws -> (CommandProcess, String) {
        let server = try CommandProcess(["serve", "--port", "0", "--in-memory", "--json"])
        let line = try #require(await server.line())
        let http = try JSONDecoder().decode(Listening.self, from: Data(line.utf8)).http
        return (server, http)
    }

    /// An address of this machine at which nobody listens.
    private static let nobody = "tcp://127.0.0.1:9"

    @Test("A conversation: both see what the other says, and who comes and goes")
    func conversation() async throws {
        let (server, url) = try await server()
        let ada = try TerminalProcess(["join", url, "--reducer", "chat", "--id", "ada", "--new-id"])
        try await ada.see("you are ada; type help")
        try await ada.see("connected to")
        #expect(ada.isRaw)
        let bob = try CommandProcess([
            "join", url, "--reducer", "chat", "--id", "bob", "--presence", #"{"name":"Bob"}"#,
        ])
        try await ada.see("Bob is here")
        ada.type("say halo\u{1B}[D\u{1B}[Dl\u{05}!")
        try await ada.see("> say hallo!")
        #expect(
            await bob.ask(#"dispatch {"type":"ADD_MESSAGE","payload":"hi \u001b[2J"}"#)?
                .contains("true") == true)
        try await ada.see("Bob: hi \\u{1B}[2J")
        let screen = ada.screen()
        #expect(screen.faults == [])
        #expect(screen.text.last == "> say hallo!", "what is typed stays as it is")
        ada.type("\r")
        _ = try await bob.ask("state") { $0.contains(#""message":"hallo!""#) }
        ada.type("who\r")
        try await ada.see("here: Bob")
        bob.endInput()
        _ = await bob.finish()
        try await ada.see("Bob has left")
        ada.type("\u{10}\u{10}\r")
        try await ada.see("> say hallo!\r\n")
        ada.type("\u{04}")
        #expect(try await ada.finish() == 0)
        #expect(!ada.isRaw, "the terminal is as it was")
        server.interrupt()
        _ = await server.finish()
    }

    @Test("Who leaves with actions unsent reads how many")
    func unsent() async throws {
        let peer = try TerminalProcess([
            "join", Self.nobody, "--reducer", "counter", "--header-wait", "0",
        ])
        try await peer.see("type help")
        for count in 1...3 {
            peer.type("+\r")
            try await peer.see("counter: \(count)")
        }
        #expect(peer.output.contains("what you write now may come before it"))
        peer.type("quit\r")
        #expect(try await peer.finish() == 0)
        try await peer.see("3 own updates were not sent")
        #expect(!peer.isRaw)
    }

    @Test("help has a line for each command, and the tab key knows them")
    func help() async throws {
        let peer = try TerminalProcess(["join", Self.nobody, "--reducer", "counter"])
        try await peer.see("type help")
        peer.type("hel\t\r")
        let usages = TerminalTalk.usages(of: .counter)
        for usage in usages { try await peer.see("  \(usage.command)") }
        #expect(Set(usages.map(\.word)).count == usages.count)
        peer.type("stat\tq\u{7F}us\r")
        try await peer.see(#"{"connected":0"#)
        peer.type("nonsense\r")
        try await peer.see("unknown command 'nonsense'")
        peer.type("say\r")
        try await peer.see("say what?")
        peer.type("quit\r")
        #expect(try await peer.finish() == 0)
    }

    @Test(
        "Every way out gives the terminal back as it was",
        arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV])
    func signals(number: CInt) async throws {
        let peer = try TerminalProcess(["join", Self.nobody])
        try await peer.see("type help")
        #expect(peer.isRaw)
        kill(peer.process, number)
        let code = try await peer.finish()
        #expect([SIGINT, SIGTERM, SIGHUP].contains(number) ? code == 0 : code != 0)
        #expect(!peer.isRaw)
        try await peer.see("\u{1B}[?2004l")
    }

    @Test("Ctrl-C leaves; Ctrl-Z stops with the terminal as it was, and goes on later")
    func controlKeys() async throws {
        let peer = try TerminalProcess(["join", Self.nobody])
        try await peer.see("type help")
        peer.type("hal")
        try await peer.see("> hal")
        kill(peer.process, SIGTSTP)
        _ = try await until("the terminal is as it was") { peer.isRaw ? nil : true }
        var status: CInt = 0
        _ = try await until("it stops") {
            // WNOHANG: this does not block its own thread.
            waitpid(peer.process, &status, WNOHANG | WUNTRACED) == peer.process ? true : nil
        }
        kill(peer.process, SIGCONT)
        _ = try await until("keys are taken again") { peer.isRaw ? true : nil }
        peer.type("lo")
        try await peer.see("> hallo")
        peer.resize(to: 5)
        _ = try await until("it is narrow") { peer.screen().text.last == "allo" ? true : nil }
        peer.type("\u{03}")
        #expect(try await peer.finish() == 0)
        #expect(!peer.isRaw)
    }

    @Test("A data type has the same comfort, with the commands of programs")
    func data() async throws {
        let ada = try TerminalProcess(["peer", "model", "--listen", "0", "--id", "ada"])
        try await ada.see("listening on ")
        let address = try #require(ada.output.firstMatch(of: /listening on ([0-9.:]+) as/)?.1)
        let bob = try CommandProcess(["peer", "model", "--connect", "\(address)", "--id", "bob"])
        #expect(await bob.ask(#"set a "\u009b2J""#)?.contains("true") == true)
        try await ada.see(#"{"update":"#)
        ada.type("help\r")
        try await ada.see("  set KEY JSON")
        ada.type("set b 1\rdump\r")
        try await ada.see(#""b":1}}"#)
        #expect(ada.screen().faults == [])
        bob.endInput()
        _ = await bob.finish()
        ada.type("quit\r")
        #expect(try await ada.finish() == 0)
    }

    @Test("With --json a terminal gets what a program gets")
    func json() async throws {
        let peer = try TerminalProcess(["join", Self.nobody, "--json"])
        peer.type("state\n")
        try await peer.see(#"{"state":[]}"#)
        #expect(!peer.isRaw)
        peer.type("\u{04}")
        #expect(try await peer.finish() == 0)
    }
}
