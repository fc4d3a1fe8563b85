// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(20)))
struct ServeTests {
    private struct Listening: Decodable {
        let event: String
        let http: String
        let tcp: String?
        let source: String
    }

    private func serve(_ arguments: [String]) async throws -> (CommandProcess, Listening) {
        let run = try CommandProcess(["serve", "--port", "0", "--json"] + arguments)
        let line = try #require(await run.line())
        return (run, try JSONDecoder().decode(Listening.self, from: Data(line.utf8)))
    }

    @Test("Peers over Primus, WebSocket and TCP share one log, which survives a kill")
    func peers() async throws {
        let scratch = try Scratch()
        let arguments = ["--tcp-port", "0", "--store", scratch.path("s.sqlite"), "--id", "s"]
        let (server, address) = try await serve(arguments)
        #expect(address.event == "listening")
        #expect(address.source == "s")
        let tcp = try #require(address.tcp)
        let urls = [
            address.http, address.http.replacingOccurrences(of: "http:", with: "ws:"),
            "tcp://\(tcp)",
        ]
        var peers: [CommandProcess] = []
        for (index, url) in urls.enumerated() {
            peers.append(
                try CommandProcess(["join", url, "--reducer", "counter", "--id", "p\(index)"]))
        }
        for peer in peers { _ = await peer.ask(#"dispatch {"type":"INCREMENT"}"#) }
        for peer in peers {
            _ = try await peer.ask("state") { $0 == #"{"state":{"counter":3}}"# }
            peer.endInput()
            #expect(await peer.finish().code == 0)
        }
        server.kill()
        _ = await server.finish()
        let log = try await CommandProcess.run(["log", scratch.path("s.sqlite")])
        #expect(log.output.count == 3)
        let (second, _) = try await serve(arguments)
        second.interrupt()
        #expect(await second.finish().code == 0)
    }

    @Test(
        "A name that is used again without a store loses nothing", arguments: ["http", "ws", "tcp"])
    func reusedName(scheme: String) async throws {
        let (server, address) = try await serve(["--tcp-port", "0", "--in-memory"])
        let url =
            scheme == "tcp"
            ? "tcp://\(try #require(address.tcp))"
            : address.http.replacingOccurrences(of: "http:", with: "\(scheme):")
        var answers: [String] = []
        for _ in 1...3 {
            let run = try await CommandProcess.run(
                ["join", url, "--id", "alice"],
                input: "dispatch {\"type\":\"A\"}\ndispatch {\"type\":\"B\"}\nquit\n")
            answers += run.output.dropLast()
        }
        #expect(
            answers == (1...6).map { #"{"ok":true,"timestamp":\#($0),"source":"alice"}"# })
        let last = try await CommandProcess.run(["join", url, "--once"], input: "history\n")
        #expect(last.output.first?.components(separatedBy: "alice").count == 7)
        server.interrupt()
        #expect(await server.finish().code == 0)
    }

    @Test(
        "With --once commands see what the server has, and the first write sorts behind it",
        arguments: ["http", "ws", "tcp"])
    func once(scheme: String) async throws {
        let (server, address) = try await serve(["--tcp-port", "0", "--in-memory"])
        let url =
            scheme == "tcp"
            ? "tcp://\(try #require(address.tcp))"
            : address.http.replacingOccurrences(of: "http:", with: "\(scheme):")
        let lines = (1...7).map { _ in #"dispatch {"type":"INCREMENT"}"# }.joined(separator: "\n")
        _ = try await CommandProcess.run(["join", url], input: "\(lines)\nquit\n")
        let once = try await CommandProcess.run(
            ["join", url, "--reducer", "counter", "--once"], input: "state\n")
        #expect(once.output == [#"{"state":{"counter":7}}"#])
        let writer = try await CommandProcess.run(
            ["join", url, "--id", "late"], input: "dispatch {\"type\":\"INCREMENT\"}\n")
        #expect(writer.output == [#"{"ok":true,"timestamp":8,"source":"late"}"#])
        server.interrupt()
        #expect(await server.finish().code == 0)
    }

    @Test(
        "What the server alone does not take is set aside, and later actions arrive",
        arguments: ["http", "ws", "tcp"], [true, false])
    func setAside(scheme: String, isTooLong: Bool) async throws {
        let (server, address) = try await serve(
            ["--tcp-port", "0", "--in-memory"]
                + (isTooLong ? ["--max-message-bytes", "100000"] : ["--max-depth", "8"]))
        let url =
            scheme == "tcp"
            ? "tcp://\(try #require(address.tcp))"
            : address.http.replacingOccurrences(of: "http:", with: "\(scheme):")
        let peer = try CommandProcess(["join", url, "--id", "p"])
        let odd =
            isTooLong
            ? "\"\(String(repeating: "x", count: 200_000))\""
            : String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
        _ = await peer.ask(#"dispatch {"type":"A"}"#)
        #expect(await peer.ask("dispatch {\"type\":\"B\",\"x\":\(odd)}")?.contains("ok") == true)
        #expect(await peer.ask(#"dispatch {"type":"C"}"#)?.contains("ok") == true)
        _ = try await peer.ask("status") {
            $0.contains(#""pending":0"#) && $0.contains(#""setAside":1"#)
                && $0.contains(#""synced":false"#)
        }
        let other = try await CommandProcess.run(["join", url, "--once"], input: "state\n")
        #expect(other.output == [#"{"state":[{"type":"A"},{"type":"C"}]}"#])
        peer.endInput()
        let result = await peer.finish()
        #expect(result.code == 0)
        #expect(result.errors.contains("does not take the update 2"))
        server.interrupt()
        #expect(await server.finish().code == 0)
    }

    @Test("Without a TCP port the listening line says null; a port in use gives one clear line")
    func noTCP() async throws {
        let (server, address) = try await serve(["--in-memory"])
        #expect(address.tcp == nil)
        let port = String(address.http.split(separator: ":").last ?? "")
        for arguments in [["--port", port], ["--port", "0", "--tcp-port", port]] {
            let result = try await CommandProcess.run(["serve", "--in-memory"] + arguments)
            #expect(result.code == 2)
            #expect(result.errors.contains(port))
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }
        server.terminate()
        #expect(await server.finish().code == 0)
    }

    @Test("A file of actions is imported before the server listens, and the export is complete")
    func files() async throws {
        let scratch = try Scratch()
        let lines = "[{\"type\":\"A\"},1,\"a\"]\n[{\"type\":\"B\"},2,\"a\"]\n"
        let file = try scratch.write(lines, to: "in")
        let (server, _) = try await serve([
            "--in-memory", "--import", file, "--export", scratch.path("out"),
        ])
        server.terminate()
        #expect(await server.finish().code == 0)
        #expect(try scratch.read("out") == lines)
    }
}

@Suite(.timeLimit(.minutes(20)))
struct UsageTests {
    @Test(
        "Every command prints its help to stdout",
        arguments: [
            [], ["serve"], ["join"], ["peer"], ["peer", "actions"], ["log"], ["state"],
            ["replay"], ["import"], ["export"],
        ])
    func help(verb: [String]) async throws {
        let result = try await CommandProcess.run(verb + ["--help"])
        #expect(result.code == 0)
        #expect(result.output.contains { $0.hasPrefix("USAGE: ") })
        #expect(result.errors.isEmpty)
    }

    @Test(
        "Wrong usage prints one line and exits with 2",
        arguments: [
            ["fly"], ["join"], ["join", "--fly", "tcp://a:1"], ["serve", "--port", "x"],
            ["serve", "--port", "70000"], ["state", "f"], ["log"],
            ["state", "f", "--reducer", "chess"], ["serve", "--in-memory", "--store", "f"],
            ["serve", "--bot", "chess"], ["log", "f", "--since", "-1"],
        ])
    func wrong(arguments: [String]) async throws {
        let result = try await CommandProcess.run(arguments)
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    @Test(
        "An error names the cause and the next step",
        arguments: [
            (
                ["serve", "--port", "70000"],
                "invalid --port 70000: use 0–65535, where 0 picks a free port "
                    + "(see 'scuttlebutt serve --help')"
            ),
            (["join"], "missing expected argument '<url>' (see 'scuttlebutt join --help')"),
            (
                ["peer", "model"],
                "specify either --listen [HOST:]PORT or --connect HOST:PORT "
                    + "(see 'scuttlebutt peer --help')"
            ),
        ])
    func errorText(arguments: [String], text: String) async throws {
        let result = try await CommandProcess.run(arguments)
        #expect(result.errors == "error: \(text)\n")
    }

    @Test(
        "A base that is no path in a URL is refused with one line",
        arguments: ["sb", "http://h/sb", "/a b", "/a?b", "/a#b", "//h", "/é"])
    func badBase(base: String) async throws {
        let result = try await CommandProcess.run(["serve", "--in-memory", "--base", base])
        #expect(result.code == 2)
        #expect(result.errors.contains("--base"))
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    @Test(
        "Bad settings for dialling are one line, without what may be a secret",
        arguments: [
            (["--header", "secret"], "--header"), (["--header", "Host: secret"], "--header"),
            (["--header-file", "/nothing"], "/nothing"), (["--tls-ca", "/nothing"], "/nothing"),
        ])
    func badDialling(options: [String], word: String) async throws {
        for command in [["join", "ws://127.0.0.1:1"], ["serve", "--in-memory", "--port", "0"]] {
            let result = try await CommandProcess.run(command + options)
            #expect(result.code == 2)
            #expect(result.errors.contains(word) && !result.errors.contains("secret"))
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }
        let lines = try await CommandProcess.run(["join", "tcp://127.0.0.1:1", "--header", "A: b"])
        #expect(lines.code == 2)
        #expect(lines.errors.contains("http"))
    }

    @Test(
        "Whom a server trusts, how much it gives to one, and what it serves must make sense",
        arguments: [
            ["--trust-proxy", "localhost"], ["--trust-proxy", "10.0.0.0/99"],
            ["--trust-header", "x-real-ip"], ["--max-connections-per-address", "0"],
            ["--core-module", "/nowhere"], ["--core-module", "/etc/passwd"],
            ["--examples-module", "/nowhere"], ["--examples-module", "/etc/passwd"],
        ])
    func badTrust(options: [String]) async throws {
        let result = try await CommandProcess.run(
            ["serve", "--in-memory", "--port", "0"] + options)
        #expect(result.code == 2)
        #expect(result.errors.contains(options[0]) && result.errors.contains(options[1]))
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    @Test("Without a subcommand the help goes to stderr, with exit code 2")
    func noSubcommand() async throws {
        let result = try await CommandProcess.run([])
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("OVERVIEW: "))
    }

    @Test("The version is printed by a command and by a flag")
    func version() async throws {
        let verb = try await CommandProcess.run(["version"])
        let flag = try await CommandProcess.run(["--version"])
        #expect(verb.output == flag.output)
        #expect(verb.code == 0 && flag.code == 0)
    }
}
