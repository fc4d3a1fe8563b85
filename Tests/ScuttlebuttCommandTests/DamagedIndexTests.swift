// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Scuttlebutt
import ScuttlebuttSQLite
import TestSupport
import Testing

@testable import ScuttlebuttCommand

@Suite("A store whose index is damaged", .timeLimit(.minutes(20)))
struct DamagedIndexTests {
    /// An index with a flaw of which SQLite knows nothing.
    enum Flaw: CaseIterable {
        /// It lacks one entry.
        case gap
        /// One entry is at the place of another, which is noticed only when it is read.
        case shift
        /// It has nothing.
        case void

        var columns: String {
            self == .shift ? "timestamp + (place = 7000), source" : "timestamp, source"
        }

        var condition: String {
            switch self {
            case .gap: "place != 7000"
            case .shift: "place > 0"
            case .void: "place < 0"
            }
        }
    }

    @Test("All of its log is read all the same, and the user is told", arguments: Flaw.allCases)
    func index(flaw: Flaw) async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(9_000))
        let verbs = [
            ["log"], ["log", "--since", "3000"], ["export", "--output", "-"],
            ["replay", "--reducer", "counter"], ["state", "--reducer", "log"],
            ["state", "--reducer", "counter", "--at", store.place(8_999)],
        ]
        var sound: [[String]] = []
        for verb in verbs { sound.append(try await CommandProcess.run(verb + [store.path]).output) }
        try store.damageIndex(columns: flaw.columns, condition: flaw.condition)
        for (verb, expected) in zip(verbs, sound) {
            let result = try await CommandProcess.run(verb + [store.path])
            #expect(result.code == 0, "\(verb): \(result.errors)")
            #expect(result.output == expected, "\(verb)")
            #expect(
                result.errors.contains("the index of \(store.path) is damaged"),
                "\(verb): \(result.errors)")
        }
    }

    @Test("A number of actions that is not what was counted is noticed, and all are read")
    func tally() async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(100))
        try store.change { database in
            try database.execute(sql: "UPDATE tallies SET count = count + 1 WHERE source = 1")
        }
        let result = try await CommandProcess.run(["log", store.path])
        #expect(result.code == 0)
        #expect(result.output == store.lines)
        #expect(result.errors.contains("is not what was counted"), "\(result.errors)")
    }

    @Test("It is followed all the same")
    func follow() async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(100))
        try store.damageIndex(columns: "timestamp, source", condition: "place != 70")
        let log = try CommandProcess(["log", store.path, "--follow"])
        for line in store.lines { #expect(await log.line() == line) }
        let writer = try SQLiteStorage.open(store.path, mode: .existing)
        try await writer.append([try StoredLog.action("NEW", 9_000, "{}")])
        #expect(await log.line() == #"[{},9000,"NEW"]"#)
        log.terminate()
        #expect(await log.finish().code == 0)
        await writer.close()
    }

    @Test("An action that is damaged itself is named, and no file is exported")
    func action() async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(9_000))
        try store.change { database in
            try database.execute(sql: "UPDATE updates SET payload = x'7B7D' WHERE place = 8000")
        }
        for verb in [
            ["log"], ["export", "--output", scratch.path("out")],
            ["replay", "--reducer", "counter"], ["state", "--reducer", "counter"],
        ] {
            let result = try await CommandProcess.run(verb + [store.path])
            #expect(result.code == 2, "\(verb)")
            #expect(
                result.errors.contains("update 8000 does not match its checksum"),
                "\(verb): \(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }
        #expect(try scratch.names == ["store"])
    }

    @Test("Actions that are lost at the end are noticed")
    func lostEnd() async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(100))
        try store.change { database in
            try database.execute(sql: "DELETE FROM updates WHERE place > 98")
        }
        for verb in [["log"], ["state", "--reducer", "counter"]] {
            let result = try await CommandProcess.run(verb + [store.path])
            #expect(result.code == 2, "\(verb)")
            #expect(result.output.isEmpty)
            #expect(result.errors.contains("is damaged"), "\(result.errors)")
        }
    }
}
