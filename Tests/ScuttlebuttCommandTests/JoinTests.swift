// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix
import TestSupport
import Testing

/// A port of this machine on which nobody listens: that of the discard protocol.
private let nobody = "tcp://127.0.0.1:9"

@Suite(.serialized, .timeLimit(.minutes(20)))
struct JoinTests {
    @Test("A peer without a server dispatches, and answers each command with one object")
    func offline() async throws {
        let result = try await CommandProcess.run(
            ["join", nobody, "--reducer", "counter", "--id", "a", "--new-id", "--json"],
            input: """
                dispatch {"type":"INCREMENT"}
                dispatch {"type":"@LOCAL"}
                dispatch {"type": "INCREMENT_ODD", "n":1.50}
                state
                history
                clock
                status
                quit

                """)
        #expect(result.code == 0)
        #expect(
            result.output == [
                #"{"ok":true,"timestamp":1,"source":"a"}"#,
                #"{"ok":true,"timestamp":null,"source":null}"#,
                #"{"ok":true,"timestamp":2,"source":"a"}"#,
                #"{"state":{"counter":2}}"#,
                #"{"history":[[{"type":"INCREMENT"},1,"a"],"#
                    + #"[{"type": "INCREMENT_ODD", "n":1.50},2,"a"]]}"#,
                #"{"id":"a","clock":{"a":2}}"#,
                #"{"connected":0,"synced":false,"pending":2,"actions":2}"#,
                #"{"ok":true}"#,
            ])
    }

    @Test(
        "Bad input is answered with an error, changes nothing, and does not end the peer",
        arguments: [
            "", "fly", "dispatch", "dispatch {", "dispatch 5", "dispatch null", "dispatch {}",
            #"dispatch {"type":""}"#, #"dispatch {"type":5}"#,
            #"dispatch {"type":"A","meta":1}"#, #"dispatch {"type":"A","meta":null}"#,
            #"dispatch {"type":"A"} x"#, #"dispatch [{"type":"A"}]"#, "state 1",
            "dispatch {\"type\":\"A\",\"x\":\(String(repeating: "[", count: 300))"
                + "\(String(repeating: "]", count: 300))}",
        ])
    func badInput(line: String) async throws {
        let result = try await CommandProcess.run(
            ["join", nobody, "--id", "a", "--new-id"], input: "\(line)\nhistory\n")
        #expect(result.code == 0)
        #expect(result.output.count == 2)
        #expect(result.output.first?.hasPrefix(#"{"error":""#) == true)
        #expect(result.output.last == #"{"history":[]}"#)
    }

    @Test("An answered dispatch survives a kill, and its timestamp is not used again")
    func killed() async throws {
        let scratch = try Scratch()
        let arguments = ["join", nobody, "--store", scratch.path("a.sqlite")]
        let first = try CommandProcess(arguments + ["--id", "a"])
        let answer = await first.ask(#"dispatch {"type":"A"}"#)
        #expect(answer == #"{"ok":true,"timestamp":1,"source":"a"}"#)
        first.kill()
        _ = await first.finish()
        let second = try await CommandProcess.run(
            arguments, input: "dispatch {\"type\":\"B\"}\nstate\n")
        #expect(
            second.output == [
                #"{"ok":true,"timestamp":2,"source":"a"}"#,
                #"{"state":[{"type":"A"},{"type":"B"}]}"#,
            ])
    }

    @Test("A name used before without a store writes nothing while nobody says what it wrote")
    func reusedOffline() async throws {
        let result = try await CommandProcess.run(
            ["join", nobody, "--id", "a"], input: "dispatch {\"type\":\"A\"}\nhistory\n")
        #expect(result.code == 0)
        #expect(result.output.first?.contains("may have written before") == true)
        #expect(result.output.first?.contains("--new-id") == true)
        #expect(result.output.last == #"{"history":[]}"#)
    }

    @Test("A store of another identity is refused and not changed")
    func otherIdentity() async throws {
        let scratch = try Scratch()
        let arguments = ["join", nobody, "--store", scratch.path("a.sqlite"), "--id"]
        _ = try await CommandProcess.run(arguments + ["a"])
        let result = try await CommandProcess.run(arguments + ["b"])
        #expect(result.code == 2)
        #expect(result.errors.contains("belongs to the peer a"))
    }

    @Test("With --once an unreachable server means exit code 3, whatever the input")
    func once() async throws {
        let result = try await CommandProcess.run(["join", nobody, "--once"], input: "quit\n")
        #expect(result.code == 3)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test("With --once a server that says nothing, or leaves before SYNC, ends the peer")
    func onceWithoutSync() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        let silent = try await CommandProcess.run(
            ["join", "tcp://127.0.0.1:\(port)", "--once", "--probe-after", "0.2"],
            input: "state\n")
        #expect(silent.code == 3)
        #expect(silent.output.isEmpty)
        let stopped = try CommandProcess(["join", "tcp://127.0.0.1:\(port)", "--once"])
        stopped.terminate()
        #expect(await stopped.finish().output.isEmpty)
        try await channel.close()
    }

    @Test("With --stay the peer outlives its input until a signal, and exits with 0")
    func stay() async throws {
        let scratch = try Scratch()
        let run = try CommandProcess(
            ["join", nobody, "--stay", "--store", scratch.path("a.sqlite"), "--id", "a"])
        _ = await run.ask(#"dispatch {"type":"A"}"#)
        run.endInput()
        run.terminate()
        #expect(await run.finish().code == 0)
        let log = try await CommandProcess.run(["log", scratch.path("a.sqlite")])
        #expect(log.output == [#"[{"type":"A"},1,"a"]"#])
    }

    @Test("SIGINT ends a peer that is waiting for input")
    func interrupted() async throws {
        let run = try CommandProcess(["join", nobody])
        _ = await run.ask("status")
        run.interrupt()
        let result = await run.finish()
        #expect(result.code == 0, "\(result)")
    }

    @Test(
        "An invalid address is bad input",
        arguments: ["127.0.0.1:x", "::1", "ftp://a", "tcp://a", "tcp://a:0"])
    func badAddress(url: String) async throws {
        let result = try await CommandProcess.run(["join", url])
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
    }
}
