// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@Suite("A store that was copied while in use", .timeLimit(.minutes(20)))
struct CopiedStoreTests {
    private func copyOfOpenStore(_ scratch: Scratch, _ suffixes: [String]) async throws -> String {
        let store = scratch.path("log.sqlite")
        let peer = try CommandProcess(["join", "tcp://127.0.0.1:1", "--store", store, "--id", "a"])
        for _ in 0..<3 { _ = await peer.ask(#"dispatch {"type":"INCREMENT"}"#) }
        let copy = scratch.path("copy.sqlite")
        for suffix in suffixes {
            try FileManager.default.copyItem(atPath: store + suffix, toPath: copy + suffix)
        }
        peer.kill()
        _ = await peer.finish()
        return copy
    }

    @Test("Without its -wal the verbs print what it has, say what is missing, and exit with 1")
    func reading() async throws {
        let scratch = try Scratch()
        let copy = try await copyOfOpenStore(scratch, [""])
        for arguments in [
            ["log", copy], ["log", copy, "--follow"], ["state", copy, "--reducer", "counter"],
            ["replay", copy, "--reducer", "counter"],
            ["export", copy, "--output", scratch.path("out")],
            ["import", copy, "--store", scratch.path("new.sqlite")],
        ] {
            let result = try await CommandProcess.run(arguments)
            #expect(result.code == 1, "\(arguments): \(result.errors)")
            #expect(result.errors.contains("newest updates are missing"), "\(result.errors)")
        }
        #expect(try scratch.names.contains("out"))
        #expect(try scratch.names.contains("new.sqlite"))
    }

    @Test("Without its -wal it is not written to")
    func writing() async throws {
        let scratch = try Scratch()
        let copy = try await copyOfOpenStore(scratch, [""])
        let result = try await CommandProcess.run(["join", "tcp://127.0.0.1:1", "--store", copy])
        #expect(result.code == 2)
        #expect(result.errors.contains("newest updates are missing"), "\(result.errors)")
        let server = try await CommandProcess.run(["serve", "--port", "0", "--store", copy])
        #expect(server.code == 2)
    }

    @Test("A hard link to it lacks them as well, and is not written to")
    func hardLink() async throws {
        let scratch = try Scratch()
        _ = try await copyOfOpenStore(scratch, [])
        let link = scratch.path("link.sqlite")
        try FileManager.default.linkItem(atPath: scratch.path("log.sqlite"), toPath: link)
        let read = try await CommandProcess.run(["log", link])
        #expect(read.code == 1)
        #expect(read.errors.contains("newest updates are missing"), "\(read.errors)")
        let written = try await CommandProcess.run(
            ["join", "tcp://127.0.0.1:1", "--store", link])
        #expect(written.code == 2)
        #expect(written.errors.contains("hard link"), "\(written.errors)")
    }

    @Test("With its -wal it is as good as the store")
    func whole() async throws {
        let scratch = try Scratch()
        let copy = try await copyOfOpenStore(scratch, ["", "-wal"])
        let result = try await CommandProcess.run(["state", copy, "--reducer", "counter"])
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.output == [#"{"state":{"counter":3}}"#])
    }
}
