// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import ScuttlebuttCommand

@Suite("What somebody probably meant", .timeLimit(.minutes(20)))
struct SuggestionTests {
    static let known = ["serve", "join", "peer", "log", "state", "history", "status", "export"]

    @Test(
        "A word with a slip is recognised",
        arguments: [
            ("serv", "serve"), ("sevre", "serve"), ("jion", "join"), ("STATE", "state"),
            ("histroy", "history"), ("stat", "state"), ("exprot", "export"), ("lgo", "log"),
        ])
    func slips(word: String, meant: String) {
        #expect(Suggestion.nearest(to: word, among: Self.known) == meant)
    }

    @Test(
        "Another word is not",
        arguments: ["fly", "x", "", "chess", "dispatch", String(repeating: "state", count: 9)])
    func others(word: String) {
        #expect(Suggestion.nearest(to: word, among: Self.known) == nil)
        #expect(Suggestion.text(for: word, among: Self.known).isEmpty)
    }

    @Test(
        "Unknown subcommands get a line that helps",
        arguments: [
            (["serv"], "unknown command 'serv' (did you mean 'serve'?); use one of: serve, join"),
            (["fly", "away"], "unknown command 'fly'; use one of: serve, join"),
            (
                ["join", "//localhost:3000"],
                "did you mean http://localhost:3000 or ws://"
            ),
        ])
    func subcommands(arguments: [String], text: String) async throws {
        let result = try await CommandProcess.run(arguments)
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains(text), "\(result.errors)")
    }

    @Test("An unknown command of a peer gets one too")
    func peerCommands() async throws {
        let join = try await CommandProcess.run(
            ["join", "tcp://127.0.0.1:1"], input: "histroy\nquit\n")
        #expect(join.output.first?.contains("'histroy' (did you mean 'history'?)") == true)
        let peer = try await CommandProcess.run(
            ["peer", "model", "--listen", "0"], input: "sett a 1\ndmup\nquit\n")
        #expect(peer.output.first?.contains("'sett' (did you mean 'set'?)") == true)
        #expect(peer.output.dropFirst().first?.contains("(did you mean 'dump'?)") == true)
    }

    @Test("What is lost at the end is said, and so is what is kept")
    func unsent() async throws {
        let scratch = try Scratch()
        let input = "dispatch {\"type\":\"A\"}\ndispatch {\"type\":\"B\"}\nquit\n"
        let lost = try await CommandProcess.run(["join", "tcp://127.0.0.1:1"], input: input)
        #expect(lost.errors.contains("2 own updates were not sent and not kept: lost"))
        let kept = try await CommandProcess.run(
            ["join", "tcp://127.0.0.1:1", "--store", scratch.path("s")], input: input)
        #expect(kept.errors.contains("2 own updates were not sent; the store has them"))
        let peer = try await CommandProcess.run(
            ["peer", "value", "--listen", "0"], input: "set 1\nquit\n")
        #expect(peer.errors.contains("1 own update was not sent and not kept: lost"))
    }
}
