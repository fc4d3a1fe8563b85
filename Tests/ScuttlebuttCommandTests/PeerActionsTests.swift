// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(20)))
struct PeerActionsTests {
    /// A listener and its address.
    private func listen(_ arguments: [String] = []) async throws -> (CommandProcess, String) {
        let run = try CommandProcess(
            ["peer", "actions", "--listen", "0", "--json", "--id", "l", "--new-id"] + arguments)
        let line = try #require(await run.line())
        let prefix = #"{"event":"listening","tcp":""#
        #expect(line.hasPrefix(prefix))
        #expect(line.hasSuffix(#"","source":"l"}"#))
        return (run, String(line.dropFirst(prefix.count).prefix { $0 != "\"" }))
    }

    @Test("Two peers exchange actions, and each dump is in agreed order")
    func exchange() async throws {
        let (listener, address) = try await listen()
        let other = try CommandProcess(
            ["peer", "actions", "--connect", address, "--json", "--id", "c", "--new-id"])
        #expect(
            await other.line()
                == #"{"event":"connected","tcp":"\#(address)","source":"c"}"#)
        #expect(
            await other.ask(#"dispatch {"type":"A"}"#)
                == #"{"ok":true,"timestamp":1,"source":"c"}"#)
        _ = try await listener.ask("dump") { $0 == #"{"dump":[{"type":"A"}]}"# }
        #expect(
            await listener.ask(#"dispatch {"type":"B"}"#)
                == #"{"ok":true,"timestamp":2,"source":"l"}"#)
        _ = try await other.ask("history") {
            $0 == #"{"history":[[{"type":"A"},1,"c"],[{"type":"B"},2,"l"]]}"#
        }
        #expect(await other.ask("clock") == #"{"id":"c","clock":{"c":1,"l":2}}"#)
        #expect(await listener.ask("clock") == #"{"id":"l","clock":{"l":2,"c":1}}"#)
        for run in [other, listener] {
            #expect(await run.ask("quit") == #"{"ok":true}"#)
            #expect(await run.finish().code == 0)
        }
    }

    @Test("Actions dispatched right before the end of the input are sent before the peer exits")
    func farewell() async throws {
        let (listener, address) = try await listen(["--follow"])
        let result = try await CommandProcess.run(
            ["peer", "actions", "--connect", address, "--id", "c", "--new-id"],
            input: "dispatch {\"type\":\"A\"}\n")
        #expect(result.code == 0)
        #expect(await listener.line() == #"{"update":[{"type":"A"},1,"c"]}"#)
        listener.terminate()
        #expect(await listener.finish().code == 0)
    }

    @Test("Without a tail the peer closes its half after the history, and then exits")
    func noTail() async throws {
        let (listener, address) = try await listen()
        _ = await listener.ask(#"dispatch {"type":"A"}"#)
        let scratch = try Scratch()
        let result = try await CommandProcess.run(
            [
                "peer", "actions", "--connect", address, "--no-tail", "--id", "c", "--store",
                scratch.path("c.sqlite"),
            ])
        #expect(result.code == 0)
        let log = try await CommandProcess.run(["log", scratch.path("c.sqlite")])
        #expect(log.output == [#"[{"type":"A"},1,"l"]"#])
        listener.terminate()
        _ = await listener.finish()
    }

    @Test("A peer that only sends accepts nothing")
    func sendOnly() async throws {
        let (listener, address) = try await listen(["--send-only"])
        let other = try CommandProcess(
            ["peer", "actions", "--connect", address, "--id", "c", "--new-id"])
        _ = await other.ask(#"dispatch {"type":"A"}"#)
        _ = try await other.ask("status") { $0.contains(#""pending":0"#) }
        _ = await listener.ask(#"dispatch {"type":"B"}"#)
        _ = try await other.ask("dump") { $0.contains(#""B""#) }
        #expect(await listener.ask("dump") == #"{"dump":[{"type":"B"}]}"#)
        for run in [other, listener] {
            run.interrupt()
            #expect(await run.finish().code == 0)
        }
    }

    @Test("A port in use gives one clear line and exit code 2")
    func portInUse() async throws {
        let (listener, address) = try await listen()
        let result = try await CommandProcess.run(["peer", "actions", "--listen", address])
        #expect(result.code == 2)
        #expect(result.errors.split(separator: "\n").count == 1)
        listener.terminate()
        _ = await listener.finish()
    }

    @Test(
        "Flags that cannot be combined are rejected",
        arguments: [
            [], ["--listen", "0", "--connect", "a:1"], ["--listen", "0", "--await-clock"],
            ["--listen", "0", "--send-clock"], ["--listen", "0", "--send-only", "--receive-only"],
            ["--listen", "0", "--meta", "{"], ["--connect", "127.0.0.1:0"],
            ["--listen", "0", "--id", "__proto__"], ["--listen", "0", "--id", "toString"],
        ])
    func flags(arguments: [String]) async throws {
        let result = try await CommandProcess.run(["peer", "actions"] + arguments)
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1)
    }
}
