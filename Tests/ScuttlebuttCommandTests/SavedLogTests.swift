// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(20)))
struct SavedLogTests {
    private static let lines = """
        [{"type":"INCREMENT"},1,"a"]
        [{"type":"INCREMENT_ODD"},2,"a"]
        [{"type":"DECREMENT"},2,"b"]
        [{ "type": "INCREMENT" , "n":1.0},3,"a","signature"]

        """

    @Test("A file of wire lines in any order is printed in agreed order, byte for byte")
    func log() async throws {
        let scratch = try Scratch()
        let lines = SavedLogTests.lines.split(separator: "\n").map(String.init)
        let file = try scratch.write(
            "\"SYNC\"\n" + lines.reversed().joined(separator: "\n") + "\n\n" + lines[0],
            to: "log")
        let result = try await CommandProcess.run(["log", file])
        #expect(result.code == 0)
        #expect(result.output == lines)
        let some = try await CommandProcess.run(["log", file, "--source", "a", "--since", "1"])
        #expect(some.output == [lines[1], lines[3]])
    }

    @Test("Import and export bring a log into a store and back, byte for byte")
    func roundTrip() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(SavedLogTests.lines, to: "log")
        let store = scratch.path("store.sqlite")
        let imported = try await CommandProcess.run(["import", file, "--store", store, "--json"])
        #expect(imported.code == 0)
        #expect(imported.output == [#"{"imported":4,"skipped":0}"#])
        let again = try await CommandProcess.run(["import", file, "--store", store, "--json"])
        #expect(again.output == [#"{"imported":0,"skipped":4}"#])
        let exported = try await CommandProcess.run(
            ["export", store, "--output", scratch.path("out")])
        #expect(exported.code == 0)
        #expect(try scratch.read("out") == SavedLogTests.lines)
        let printed = try await CommandProcess.run(["export", store, "--output", "-"])
        #expect(printed.output.joined(separator: "\n") + "\n" == SavedLogTests.lines)
        let state = try await CommandProcess.run(["state", store, "--reducer", "counter"])
        #expect(state.output == [#"{"state":{"counter":2}}"#])
        #expect(try scratch.names.filter { $0.contains("part") }.isEmpty)
    }

    @Test("The state is the one after all actions, or right after a given action")
    func state() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(SavedLogTests.lines, to: "log")
        let whole = try await CommandProcess.run(["replay", file, "--reducer", "counter"])
        #expect(whole.output == [#"{"state":{"counter":2}}"#])
        #expect(whole.errors.isEmpty)
        let before = try await CommandProcess.run(
            ["state", file, "--reducer", "counter", "--at", "2@b"])
        #expect(before.output == [#"{"state":{"counter":1}}"#])
        let missing = try await CommandProcess.run(
            ["state", file, "--reducer", "counter", "--at", "9@b"])
        #expect(missing.code == 2)
        #expect(missing.output.isEmpty)
    }

    @Test("A state in the middle is right however the file is ordered")
    func unordered() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "[{\"type\":\"A\"},1,\"a\"]\n[{\"type\":\"C\"},3,\"a\"]\n[{\"type\":\"B\"},2,\"b\"]\n",
            to: "log")
        let result = try await CommandProcess.run(
            ["state", file, "--reducer", "log", "--at", "3@a"])
        #expect(
            result.output == [#"{"state":[{"type":"A"},{"type":"B"},{"type":"C"}]}"#])
    }

    @Test(
        "A full disk gives one clear line",
        .enabled(
            if: FileManager.default.fileExists(atPath: "/dev/full"),
            "skipped: this system has no /dev/full"))
    func fullDisk() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(SavedLogTests.lines, to: "log")
        let result = try await CommandProcess.run(["export", file, "--output", "/dev/full"])
        #expect(result.code == 2)
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test("The error for a bad line names it, and nothing is imported")
    func badLine() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(SavedLogTests.lines + "[{\"type\":5},4,\"a\"]\n", to: "log")
        let result = try await CommandProcess.run(
            ["import", file, "--store", scratch.path("store.sqlite")])
        #expect(result.code == 2)
        #expect(result.errors.contains("line 5"))
        #expect(try scratch.names == ["log"])
    }

    @Test(
        "Reading commands exit with 2 for a missing file, and create nothing",
        arguments: [
            ["log", "none"], ["state", "none", "--reducer", "log"],
            ["replay", "none", "--reducer", "log"], ["export", "none", "--output", "out"],
            ["import", "none", "--store", "store"], ["log", "none", "--follow"],
        ])
    func missing(arguments: [String]) async throws {
        let scratch = try Scratch()
        let result = try await CommandProcess.run(arguments, in: scratch.url)
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(try scratch.names.isEmpty)
    }

    @Test(
        "A foreign or corrupt file gives one clear line and exit code 2, and is not changed",
        arguments: ["SQLite format 3\0 and then something else", "\0\u{1}binary", "hello\n"])
    func foreign(contents: String) async throws {
        let scratch = try Scratch()
        let file = try scratch.write(contents, to: "file")
        for arguments in [
            ["log", file], ["state", file, "--reducer", "log"],
            ["join", "tcp://127.0.0.1:9", "--store", file], ["serve", "--store", file],
            ["import", try scratch.write(SavedLogTests.lines, to: "log"), "--store", file],
        ] {
            let result = try await CommandProcess.run(arguments)
            #expect(result.code == 2, "\(arguments)")
            #expect(result.output.isEmpty)
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            #expect(try scratch.read("file") == contents)
        }
    }

    @Test("log --follow prints what other processes store, until a signal")
    func follow() async throws {
        let scratch = try Scratch()
        let store = scratch.path("a.sqlite")
        let peer = try CommandProcess(["join", "tcp://127.0.0.1:9", "--store", store, "--id", "a"])
        _ = await peer.ask(#"dispatch {"type":"A"}"#)
        let log = try CommandProcess(["log", store, "--follow"])
        #expect(await log.line() == #"[{"type":"A"},1,"a"]"#)
        _ = await peer.ask(#"dispatch {"type":"B"}"#)
        #expect(await log.line() == #"[{"type":"B"},2,"a"]"#)
        log.terminate()
        #expect(await log.finish().code == 0)
        peer.endInput()
        #expect(await peer.finish().code == 0)
    }

    @Test(
        "log --follow ends with a message when its file is replaced or removed",
        arguments: [true, false], [true, false])
    func followedFileGoes(isStore: Bool, isRemoved: Bool) async throws {
        let scratch = try Scratch()
        let lines = try scratch.write(SavedLogTests.lines, to: "lines")
        let files = ["one", "two"].map { scratch.path($0) }
        for file in files {
            if isStore {
                _ = try await CommandProcess.run(["import", lines, "--store", file])
            } else {
                try FileManager.default.copyItem(atPath: lines, toPath: file)
            }
        }
        let log = try CommandProcess(["log", files[0], "--follow"])
        #expect(await log.line() == #"[{"type":"INCREMENT"},1,"a"]"#)
        if isRemoved {
            try FileManager.default.removeItem(atPath: files[0])
        } else {
            #expect(rename(files[1], files[0]) == 0)
        }
        let result = await log.finish()
        #expect(result.code == 1)
        #expect(result.errors.contains(isRemoved ? "was removed" : "was replaced"))
    }

    @Test("More sources than a log can have are not imported into a store")
    func tooManySources() async throws {
        let scratch = try Scratch()
        let lines = (1...65_536).map { "[{\"type\":\"A\"},1,\"S\($0)\"]\n" }
        let result = try await CommandProcess.run(
            [
                "import", try scratch.write(lines.joined(), to: "lines"), "--store",
                scratch.path("store"),
            ])
        #expect(result.code == 2)
        #expect(result.errors.contains("65536 at most; nothing was imported"))
        #expect(try await CommandProcess.run(["log", scratch.path("store")]).output.isEmpty)
    }

    @Test("A file that begins with a byte order mark is read like one without")
    func byteOrderMark() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("\u{FEFF}" + SavedLogTests.lines, to: "log")
        let result = try await CommandProcess.run(["log", file])
        #expect(result.code == 0)
        #expect(result.output.count == 4)
    }

    @Test("An export replaces lines, and nothing else without --force")
    func overwriting() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(SavedLogTests.lines, to: "log")
        for name in ["one", "two"] {
            _ = try await CommandProcess.run(["import", file, "--store", scratch.path(name)])
        }
        let (one, two) = (scratch.path("one"), scratch.path("two"))
        #expect(try await CommandProcess.run(["export", one, "--output", two]).code == 2)
        #expect(try await CommandProcess.run(["export", one, "--output", one]).code == 2)
        #expect(try await CommandProcess.run(["export", one, "--output", file]).code == 0)
        #expect(
            try await CommandProcess.run(["export", one, "--output", two, "--force"]).code == 0)
        #expect(try scratch.read("two") == SavedLogTests.lines)
    }
}
