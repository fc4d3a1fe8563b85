// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@Suite("Presence in the terminal", .serialized, .timeLimit(.minutes(20)))
struct PresenceCommandTests {
    private struct Listening: Decodable { let http: String }

    @Test("Two peers of a server see each other come, type and leave")
    func twoPeers() async throws {
        let server = try CommandProcess(["serve", "--port", "0", "--in-memory", "--json"])
        let line = try #require(await server.line())
        let url = try JSONDecoder().decode(Listening.self, from: Data(line.utf8)).http
        let watcher = try CommandProcess(["join", url, "--id", "w", "--follow-presence"])
        let ada = try CommandProcess([
            "join", url, "--id", "a", "--presence", #"{"name":"Ada"}"#,
        ])
        #expect(
            await watcher.line() == #"{"presence":[{"source":"a","value":{"name":"Ada"}}]}"#)
        #expect(await ada.ask(#"presence {"name":"Ada","typing":true}"#) == #"{"ok":true}"#)
        #expect(
            await watcher.line()
                == #"{"presence":[{"source":"a","value":{"name":"Ada","typing":true}}]}"#)
        #expect(await watcher.ask(#"presence {"name":"Wil"}"#) == #"{"ok":true}"#)
        _ = try await ada.ask("presence") {
            $0 == #"{"presence":[{"source":"w","value":{"name":"Wil"}}]}"#
        }
        #expect(await ada.ask("presence 5")?.hasPrefix(#"{"error":"#) == true)
        #expect(await ada.ask("history") == #"{"history":[]}"#, "it is not in the log")
        ada.endInput()
        #expect(await ada.finish().code == 0)
        #expect(await watcher.line() == #"{"presence":[]}"#, "it said that it leaves")
        watcher.endInput()
        #expect(await watcher.finish().code == 0)
        server.interrupt()
        _ = await server.finish()
    }

    @Test("Without --follow-presence nothing is printed unasked")
    func silent() async throws {
        let server = try CommandProcess(["serve", "--port", "0", "--in-memory", "--json"])
        let line = try #require(await server.line())
        let url = try JSONDecoder().decode(Listening.self, from: Data(line.utf8)).http
        let quiet = try CommandProcess(["join", url])
        let ada = try CommandProcess(["join", url, "--presence", "{}"])
        _ = try await quiet.ask("presence") { $0.contains(#""value":{}"#) }
        ada.endInput()
        _ = await ada.finish()
        _ = try await quiet.ask("presence") { $0 == #"{"presence":[]}"# }
        quiet.endInput()
        #expect(await quiet.finish().output == [])
        server.interrupt()
        _ = await server.finish()
    }

    @Test("A presence that peers would refuse is refused at once", arguments: ["", "5", "[]", "{"])
    func refused(value: String) async throws {
        let result = try await CommandProcess.run([
            "join", "tcp://127.0.0.1:9", "--presence=\(value)",
        ])
        #expect(result.code == 2)
        #expect(result.output == [])
    }
}
