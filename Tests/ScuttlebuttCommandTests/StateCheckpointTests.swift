// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttSQLite
import TestSupport
import Testing

@testable import ScuttlebuttCommand

/// Checkpoints say 1,000,000 more than the truth, so that the state tells whether they were used.
@Suite("The state from a checkpoint", .timeLimit(.minutes(20)))
struct StateCheckpointTests {
    private static let mark = 1_000_000

    private func store(_ scratch: Scratch, checkpoints: [Int]) async throws -> StoredLog {
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(500))
        for count in checkpoints {
            let value = try store.counter(count) + StateCheckpointTests.mark * count
            try await store.file(after: count, counter: value)
        }
        return store
    }

    private func state(
        _ store: StoredLog, _ options: String...
    ) async throws -> (counter: Int?, errors: String, code: Int32) {
        let result = try await CommandProcess.run(
            ["state", store.path, "--reducer", "counter"] + options)
        let line = result.output.first ?? ""
        let counter = line.split(separator: ":").last.flatMap {
            Int($0.prefix { $0.isNumber })
        }
        return (counter, result.errors, result.code)
    }

    @Test("It begins with the newest that is good, and folds the rest")
    func newest() async throws {
        let scratch = try Scratch()
        let store = try await store(scratch, checkpoints: [100, 300])
        let found = try await state(store)
        #expect(found.counter == (try store.counter(500)) + 300 * StateCheckpointTests.mark)
        #expect(found.errors.isEmpty)
        let replayed = try await CommandProcess.run(["replay", store.path, "--reducer", "counter"])
        #expect(replayed.output == ["{\"state\":{\"counter\":\(try store.counter(500))}}"])
    }

    @Test(
        "A state in the middle begins with the newest checkpoint at or before it",
        arguments: [(1, 0), (99, 0), (100, 100), (101, 100), (299, 100), (300, 300), (500, 300)])
    func middle(count: Int, checkpoint: Int) async throws {
        let scratch = try Scratch()
        let store = try await store(scratch, checkpoints: [100, 300])
        let found = try await state(store, "--at", store.place(count))
        let expected = try store.counter(count) + checkpoint * StateCheckpointTests.mark
        #expect(found.counter == expected)
        #expect(found.errors.isEmpty)
    }

    @Test("A place where there is no action is an error, also after a checkpoint")
    func missing() async throws {
        let scratch = try Scratch()
        let store = try await store(scratch, checkpoints: [100])
        for place in ["1@nobody", "120@nobody", "9000@A"] {
            let found = try await state(store, "--at", place)
            #expect(found.code == 2)
            #expect(found.counter == nil)
            #expect(found.errors.contains("has no action at"), "\(found.errors)")
        }
    }

    @Test("One with a wrong hash is passed over for the one before, and the user is told")
    func wrongHash() async throws {
        let scratch = try Scratch()
        let store = try await store(scratch, checkpoints: [100])
        try await store.file(after: 300, counter: 5, hash: [UInt8](repeating: 1, count: 32))
        let found = try await state(store)
        #expect(found.counter == (try store.counter(500)) + 100 * StateCheckpointTests.mark)
        #expect(
            found.errors.contains("the checkpoint of 300 actions is passed over"),
            "\(found.errors)")
    }

    @Test("One that counts other actions than the log has is passed over, and the user is told")
    func wrongCount() async throws {
        let scratch = try Scratch()
        let store = try await store(scratch, checkpoints: [100])
        try await store.file(after: 300, counter: 5, claim: 301)
        let found = try await state(store)
        #expect(found.counter == (try store.counter(500)) + 100 * StateCheckpointTests.mark)
        #expect(found.errors.contains("the log has 300 up to there"), "\(found.errors)")
    }

    @Test(
        "One of another reducer, or of another version, is passed over without a word",
        arguments: ["life 1", "counter 0"])
    func foreign(version: String) async throws {
        let scratch = try Scratch()
        let store = try await store(scratch, checkpoints: [100])
        try await store.file(after: 300, counter: 5, version: version)
        let found = try await state(store)
        #expect(found.counter == (try store.counter(500)) + 100 * StateCheckpointTests.mark)
        #expect(found.errors.isEmpty)
    }

    @Test("An index that lacks an action after the checkpoint is noticed")
    func gap() async throws {
        let scratch = try Scratch()
        let store = try await store(scratch, checkpoints: [100])
        try store.damageIndex(
            columns: "timestamp, source",
            condition: "place != 499")
        let found = try await state(store)
        #expect(found.counter == (try store.counter(500)))
        #expect(found.errors.contains("is damaged"), "\(found.errors)")
    }
}
