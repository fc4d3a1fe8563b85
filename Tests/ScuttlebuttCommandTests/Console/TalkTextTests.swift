// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRelay
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttCommand

@Suite("What a person types and reads", .timeLimit(.minutes(20)))
struct TalkTextTests {
    @Test(
        "A line is a command of the example, or one that programs use too",
        arguments: [
            ("", TalkRequest.nothing), ("   ", .nothing), ("help", .help), ("  who ", .who),
            ("quit", .quit), ("name Ada B ", .name("Ada B")),
            ("+", .write(Array(#"{"type":"INCREMENT","name":"Ada"}"#.utf8))),
            (
                "say  a \"b\" ",
                .write(Array(#"{"type":"ADD_MESSAGE","payload":"a \"b\"","name":"Ada"}"#.utf8))
            ),
            ("state", .command(Array("state".utf8))), ("step", .command(Array("step".utf8))),
            ("nonsense", .command(Array("nonsense".utf8))),
        ])
    func requests(line: String, request: TalkRequest) {
        let usages = TerminalTalk.usages(of: .counter)
        #expect(TalkRequest(line, among: usages, name: "Ada") == request)
    }

    @Test("Nothing to say, and a name that is too long, are refused with a reason")
    func wrong() {
        let long = "name " + String(repeating: "x", count: TalkRequest.nameLimit + 1)
        for line in ["say", "say  ", "name", long] {
            let request = TalkRequest(line, among: TerminalTalk.usages(of: .chat), name: nil)
            guard case .wrong(let reason) = request else {
                Issue.record("'\(line)' was taken as \(request)")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test(
        "An action is one line without anything that moves the cursor",
        arguments: [
            (#"{"type":"ADD_MESSAGE","payload":"hi"}"#, "Bob: hi"),
            (#"{"type":"ADD_MESSAGE","payload":"a\u001b[2J\nb"}"#, "Bob: a\\u{1B}[2J\\u{A}b"),
            (#"{"type":"INCREMENT"}"#, "Bob: +1"), (#"{"type":"DECREMENT"}"#, "Bob: -1"),
            (#"{"type":"\r"}"#, "Bob: \\u{D}"), (#"{"type":"A","payload":[1]}"#, "Bob: A [1]"),
            (#"{"type":"INCREMENT","name":"\u0007Eve"}"#, "\\u{7}Eve: +1"),
        ])
    func actions(json: String, line: String) throws {
        let source = try #require(Source("b"))
        #expect(ActionText.text(of: Array(json.utf8), by: source, name: "Bob") == line)
    }

    @Test("A huge action is only named, and a long text is cut")
    func huge() throws {
        let source = try #require(Source("b"))
        let text = String(repeating: "x", count: ActionText.textLimit + 1)
        let long = Array(#"{"type":"ADD_MESSAGE","payload":"\#(text)"}"#.utf8)
        #expect(ActionText.text(of: long, by: source, name: nil) == "b: \(text.dropLast())…")
        let huge = [UInt8](repeating: 0x20, count: ActionText.byteLimit + 1)
        #expect(ActionText.text(of: huge, by: source, name: nil) == "b: a long action")
    }

    @Test("Who comes, leaves and takes another name is said once")
    func roster() throws {
        var roster = Roster()
        #expect(roster.line == "nobody else is here")
        let ada = try person("a", #"{"name":"Ada\u001b[m"}"#)
        let bob = try person("b", "{}")
        #expect(roster.update([ada, bob]) == ["Ada\\u{1B}[m, b are here"])
        #expect(roster.update([ada, bob]) == [])
        #expect(roster.line == "here: Ada\\u{1B}[m, b")
        let eve = try person("b", #"{"name":"Eve"}"#)
        #expect(roster.update([eve]) == ["Ada\\u{1B}[m has left", "b is now Eve"])
        #expect(roster.name(of: eve.source) == "Eve")
    }

    @Test("A crowd is one line of bounded length")
    func crowd() throws {
        var roster = Roster()
        let crowd = try (0..<500).map { try person("p\($0)", "{}") }
        let lines = roster.update(crowd)
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("and \(500 - Roster.nameLimit) more are here") == true)
    }

    private func person(_ source: String, _ json: String) throws -> PresentPeer {
        PresentPeer(source: try #require(Source(source)), json: Array(json.utf8))
    }
}
