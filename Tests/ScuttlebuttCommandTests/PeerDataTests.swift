// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

/// What two processes of one type are told, and what both hold in the end.
struct PeerScript: Sendable, CustomTestStringConvertible {
    let type: String
    let listener: [String]
    let dialler: [String]
    let dump: String

    var testDescription: String { type }

    static let all = [
        PeerScript(
            type: "model", listener: [#"set theme "dark""#, #"set "a b" [1.0,{"é":2}]"#],
            dialler: [#"set "" 0"#, "set __proto__ 1", "set gone 1", "set gone null"],
            dump: #"{"":0,"__proto__":1,"a b":[1,{"é":2}],"theme":"dark"}"#),
        PeerScript(
            type: "expiry-model", listener: [#"set a {"x":1}"#], dialler: [#"set b "y""#],
            dump: #"{"a":{"x":1},"b":"y"}"#),
        PeerScript(
            type: "events", listener: [#"emit greet "hi""#], dialler: [#"emit toString {"m":1}"#],
            dump: #"{"greet":["hi"],"toString":[{"m":1}]}"#),
        PeerScript(
            type: "value", listener: [], dialler: ["set 1", #"set {"v":2}"#], dump: #"{"v":2}"#),
        PeerScript(
            type: "array", listener: [],
            dialler: [
                "push 1", "push 2", "push 3", "unshift 0", #"splice 1 1 "a" "b""#, "pop", "shift",
            ],
            dump: #"["a","b",2]"#),
        PeerScript(
            type: "edit", listener: [],
            dialler: [#"text "one\ntwo\nthree""#, #"text "one\n2\nthree\n""#, #"push "four""#],
            dump: #"["one\n","2\n","three\n","","four"]"#),
        PeerScript(
            type: "edit", listener: [],
            dialler: [#"text "a""#, #"text "a\nb""#, #"text "a\nc" "a""#],
            dump: #"["a","\nb","\nc"]"#),
        PeerScript(
            type: "append-only", listener: [#"push {"t":1}"#], dialler: ["remove nobody:5"],
            dump: #"[{"t":1}]"#),
        PeerScript(
            type: "doc", listener: [#"row r1 {"a":1,"b":2}"#, "row gone {}", "rm gone"],
            dialler: [#"row r2 {"c":[3]}"#], dump: #"{"r1":{"a":1,"b":2},"r2":{"c":[3]}}"#),
        PeerScript(
            type: "bucket",
            listener: [#"part model set k "v""#, #"part list push "x""#],
            dialler: [#"part events emit e 1"#],
            dump: #"{"events":{"e":[1]},"list":["x"],"model":{"k":"v"}}"#),
    ]
}

@Suite(.serialized, .timeLimit(.minutes(20)))
struct PeerDataTests {
    /// A listener and its address.
    private func listen(
        _ type: String, _ arguments: [String] = [], id: String = "l"
    ) async throws -> (CommandProcess, String) {
        let run = try CommandProcess(
            ["peer", type, "--listen", "0", "--json", "--id", id] + arguments)
        let line = try #require(await run.line())
        let prefix = #"{"event":"listening","tcp":""#
        #expect(line.hasPrefix(prefix))
        return (run, String(line.dropFirst(prefix.count).prefix { $0 != "\"" }))
    }

    private func connect(
        _ type: String, _ address: String, _ arguments: [String] = [], id: String = "c"
    ) async throws -> CommandProcess {
        let run = try CommandProcess(
            ["peer", type, "--connect", address, "--json", "--id", id] + arguments)
        #expect(await run.line() == #"{"event":"connected","tcp":"\#(address)","source":"\#(id)"}"#)
        return run
    }

    private func quit(_ runs: CommandProcess...) async {
        for run in runs {
            #expect(await run.ask("quit") == #"{"ok":true}"#)
            #expect(await run.finish().code == 0)
        }
    }

    @Test("Two processes of each type end with the same dump", arguments: PeerScript.all)
    func convergence(script: PeerScript) async throws {
        let (listener, address) = try await listen(script.type)
        for command in script.listener {
            #expect(await listener.ask(command)?.hasPrefix(#"{"ok":true"#) == true)
        }
        let other = try await connect(script.type, address)
        for command in script.dialler {
            #expect(await other.ask(command)?.hasPrefix(#"{"ok":true"#) == true)
        }
        let dump = #"{"dump":\#(script.dump)}"#
        for run in [listener, other] { _ = try await run.ask("dump") { $0 == dump } }
        // A dump does not tell all: a removal of what is not there changes only the history.
        try await level(listener, other)
        await quit(other, listener)
    }

    /// Waits until both have the same history.
    private func level(_ one: CommandProcess, _ other: CommandProcess) async throws {
        _ = try await until("both have the same history") {
            await one.ask("history") == other.ask("history") ? true : nil
        }
    }

    @Test("Answered commands of every type survive a restart", arguments: PeerScript.all)
    func restart(script: PeerScript) async throws {
        let scratch = try Scratch()
        let store = ["--store", scratch.path("s.sqlite")]
        let (first, _) = try await listen(script.type, store)
        for command in script.listener + script.dialler {
            #expect(await first.ask(command)?.hasPrefix(#"{"ok":true"#) == true)
        }
        let (history, clock) = (await first.ask("history"), await first.ask("clock"))
        first.kill()
        _ = await first.finish()
        let (second, _) = try await listen(script.type, store)
        #expect(await second.ask("dump") == #"{"dump":\#(script.dump)}"#)
        #expect(await second.ask("history") == history)
        #expect(await second.ask("clock") == clock)
        await quit(second)
    }

    @Test(
        "A refused command is answered with its reason, changes nothing, and does not end the peer",
        arguments: [
            ("model", ["set", "set a", "set a 1 2", "set a {]", "set \"a 1", "get", "push 1", ""]),
            ("events", ["emit", "emit e", "emit e 1 2"]),
            ("value", ["set", "set nonsense"]),
            ("array", ["push", "push null", "pop 1", "splice", "splice 0 x", "splice 0 0 null"]),
            ("edit", ["text", "text 1", "push 1", "splice 0 0 null"]),
            ("append-only", ["push 3", "push", "remove", "remove nonsense"]),
            ("doc", ["row", "row r", "row r 1", "rm"]),
            (
                "bucket",
                ["part", "part nope set 1", "part model", "part model push 1", "part model set k"]
            ),
        ])
    func refusals(type: String, commands: [String]) async throws {
        let (run, _) = try await listen(type)
        for command in commands {
            #expect(await run.ask(command)?.hasPrefix(#"{"error":""#) == true, "\(command)")
        }
        #expect(await run.ask("history") == #"{"history":[]}"#)
        #expect(await run.ask("clock") == #"{"id":"l","clock":{}}"#)
        await quit(run)
    }

    @Test("A value nested too deep for peers is refused at its source")
    func depth() async throws {
        let (run, _) = try await listen("model")
        for depth in [256, 100_000] {
            let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(await run.ask("set k \(deep)")?.hasPrefix(#"{"error":""#) == true)
        }
        #expect(await run.ask("dump") == #"{"dump":{}}"#)
        await quit(run)
    }

    @Test("--follow prints the updates of other peers as they arrive")
    func following() async throws {
        let (listener, address) = try await listen("model", ["--follow"])
        let other = try await connect("model", address)
        _ = await listener.ask("set own 0")
        // One after the other: what is replaced before it has left does not leave.
        for value in [1, 2] {
            _ = await other.ask("set k \(value)")
            let line = try #require(await listener.line())
            #expect(line.hasPrefix(#"{"update":[["k",\#(value)],"#))
            #expect(line.hasSuffix(#","c"]}"#))
        }
        await quit(other, listener)
    }

    @Test("A removal reaches a peer that was disconnected")
    func awayDuringRemoval() async throws {
        let scratch = try Scratch()
        let store = ["--store", scratch.path("c.sqlite")]
        let (listener, address) = try await listen("append-only")
        let pushed = try #require(await listener.ask(#"push {"t":1}"#))
        let first = try await connect("append-only", address, store)
        _ = try await first.ask("dump") { $0 == #"{"dump":[{"t":1}]}"# }
        await quit(first)
        let time = try #require(pushed.split(separator: ":").dropFirst(2).first)
        let timestamp = time.prefix { $0 != "," }
        #expect(await listener.ask("remove l:\(timestamp)")?.hasPrefix(#"{"ok":true"#) == true)
        let second = try await connect("append-only", address, store)
        _ = try await second.ask("dump") { $0 == #"{"dump":[]}"# }
        await quit(second, listener)
    }

    @Test("A peer that only receives and sends its clock gets what it lacks")
    func receiveOnly() async throws {
        let (listener, address) = try await listen("model", ["--send-only", "--await-clock"])
        _ = await listener.ask("set a 1")
        let other = try await connect("model", address, ["--receive-only", "--send-clock"])
        _ = await other.ask("set b 2")
        _ = try await other.ask("dump") { $0 == #"{"dump":{"a":1,"b":2}}"# }
        #expect(await listener.ask("dump") == #"{"dump":{"a":1}}"#)
        await quit(other, listener)
    }

    @Test("Three processes in a line converge through the one in the middle")
    func relay() async throws {
        let (middle, address) = try await listen("events", id: "m")
        let (left, right) = (
            try await connect("events", address, id: "a"),
            try await connect("events", address, id: "b")
        )
        _ = await left.ask("emit e 1")
        _ = try await right.ask("dump") { $0 == #"{"dump":{"e":[1]}}"# }
        _ = await right.ask("emit e 2")
        for run in [left, middle] {
            _ = try await run.ask("dump") { $0 == #"{"dump":{"e":[1,2]}}"# }
        }
        await quit(left, right, middle)
    }
}
