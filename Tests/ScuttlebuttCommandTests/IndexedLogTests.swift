// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization
import TestSupport
import Testing

@testable import ScuttlebuttCommand

@Suite("A store that is read in pages", .timeLimit(.minutes(20)))
struct IndexedLogTests {
    private func read(_ path: String) async throws -> [Update] {
        let collected = Mutex<[Update]>([])
        try await AgreedOrder(file: LogFile(path, rules: .upstream)).forEach { updates in
            collected.withLock { $0 += updates }
        }
        return collected.withLock { $0 }
    }

    @Test(
        "It gives what a store that is read as a whole gives, with late actions and equal times",
        arguments: UInt64(0)..<6)
    func isTheSame(seed: UInt64) async throws {
        let scratch = try Scratch()
        let actions = try StoredLog.actions(9_000, seed: seed)
        let store = try await StoredLog(scratch.path("new"), actions)
        let old = try await StoredLog(scratch.path("old"), actions, isIndexed: false)
        let isIndexed = try await LogFile(store.path, rules: .upstream).withIndex { _ in }
        #expect(isIndexed)
        #expect(try await !LogFile(old.path, rules: .upstream).withIndex { _ in })
        #expect(try await read(store.path) == store.updates)
        #expect(try await read(old.path) == store.updates)
        for reducer in [ExampleReducer.counter, .log, .life] {
            for stamp in [nil, actions[3].stamp, actions[8_000].stamp] {
                var states: [ExampleState] = []
                for path in [store.path, old.path] {
                    let file = try LogFile(path, rules: .fork)
                    let fold = Fold(file: file, reducer: reducer)
                    states.append(try await fold.state(at: stamp).state)
                }
                #expect(states[0] == states[1])
            }
        }
    }

    @Test("The verbs print what they print of a store that is read as a whole, byte for byte")
    func verbs() async throws {
        let scratch = try Scratch()
        let actions = try StoredLog.actions(300)
        let store = try await StoredLog(scratch.path("new"), actions)
        let old = try await StoredLog(scratch.path("old"), actions, isIndexed: false)
        for arguments in [
            ["log"], ["log", "--since", "17"], ["log", "--since", "17.5", "--source", "Ä"],
            ["log", "--since", "9000000000000000", "--json"], ["export", "--output", "-"],
            ["replay", "--reducer", "log"], ["state", "--reducer", "counter"],
            ["state", "--reducer", "log", "--at", store.place(100)],
            ["state", "--reducer", "log", "--at", "8@nobody"],
        ] {
            let result = try await CommandProcess.run(arguments + [store.path])
            let expected = try await CommandProcess.run(arguments + [old.path])
            #expect(result.output == expected.output, "\(arguments)")
            #expect(result.code == expected.code, "\(arguments)")
            #expect(
                result.errors == expected.errors.replacing("/old", with: "/new"), "\(arguments)")
        }
        #expect(try await CommandProcess.run(["log", store.path]).output == store.lines)
    }

    @Test("Reading changes no byte of a store, and creates nothing", arguments: [true, false])
    func readOnly(isIndexed: Bool) async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(
            scratch.path("store"), StoredLog.actions(50), isIndexed: isIndexed)
        let before = try Data(contentsOf: URL(fileURLWithPath: store.path))
        for arguments in [
            ["log"], ["export", "--output", "-"], ["state", "--reducer", "counter"],
        ] {
            #expect(try await CommandProcess.run(arguments + [store.path]).code == 0)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: store.path)) == before)
        #expect(try scratch.names == ["store"])
    }

    @Test("No more than one page is in memory, of a bounded number of updates and bytes")
    func isBounded() async throws {
        let many = CountedPages(try StoredLog.actions(20_000).sorted { $0.stamp < $1.stamp })
        #expect(try await pages(of: many) == [4_096, 4_096, 4_096, 4_096, 3_616])
        let large = CountedPages(
            try (1...20).map {
                try StoredLog.action("A", Double($0), String(repeating: "x", count: 1 << 20))
            })
        #expect(try await pages(of: large) == [4, 4, 4, 4, 4])
    }

    /// Reads the log, and returns the sizes of its pages, none of which was read before the one
    /// before it was used.
    private func pages(of log: CountedPages) async throws -> [Int] {
        var sizes: [Int] = []
        try await IndexedLog(pages: log).forEach(after: .beginning) { updates in
            #expect(log.readCount.withLock { $0 } == sizes.count + 1)
            sizes.append(updates.count)
        }
        return sizes
    }

    @Test("A log ends where it ended when reading began, whatever is stored meanwhile")
    func isWritten() async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(9_000))
        let writer = try SQLiteStorage.open(store.path, mode: .existing)
        let reader = try SQLiteStorage.open(store.path, mode: .readOnly)
        let snapshot = try #require(try await reader.snapshot())
        let written = Mutex(0.0)
        let log = IndexedLog(
            pages: CountedPages(snapshot) {
                let time = written.withLock { time in
                    time += 1
                    return time
                }
                try await writer.append([
                    try StoredLog.action("LATE", time, "{}"),
                    try StoredLog.action("LATE", 4_400 + time, "{}"),
                    try StoredLog.action("NEW", 9_000 + time, "{}"),
                ])
            })
        var found: [Update] = []
        try await log.forEach(after: .beginning) { found += $0 }
        #expect(found == store.updates)
        #expect(written.withLock { $0 } >= 3)
        await reader.close()
        // A reader that begins now has all of it, while the store is still open for writing.
        #expect(try await read(store.path).count == store.updates.count + 12)
        await writer.close()
    }

    @Test("log --follow prints a store in pages, and then what is stored later")
    func follow() async throws {
        let scratch = try Scratch()
        let store = try await StoredLog(scratch.path("store"), StoredLog.actions(5_000))
        let writer = try SQLiteStorage.open(store.path, mode: .existing)
        let log = try CommandProcess(["log", store.path, "--follow", "--since", "3"])
        for line in store.lines.dropFirst(6) { #expect(await log.line() == line) }
        try await writer.append([
            try StoredLog.action("NEW", 9_000, "{}"), try StoredLog.action("LATE", 4, "{}"),
        ])
        #expect(await log.line() == #"[{},4,"LATE"]"#)
        #expect(await log.line() == #"[{},9000,"NEW"]"#)
        log.terminate()
        #expect(await log.finish().code == 0)
        await writer.close()
    }
}

/// A log in memory or in a store, whose pages are counted.
private final class CountedPages: LogPages {
    private let log: any LogPages
    private let before: @Sendable () async throws -> Void
    let readCount = Mutex(0)

    init(_ log: any LogPages, before: @escaping @Sendable () async throws -> Void) {
        self.log = log
        self.before = before
    }

    convenience init(_ updates: [Update]) { self.init(Array(updates), before: {}) }

    var count: Int { log.count }

    func count(after stamp: Stamp?) async throws -> Int { try await log.count(after: stamp) }

    func updates(after stamp: Stamp?, limit: DeltaLimit) async throws -> [Update] {
        try await before()
        readCount.withLock { $0 += 1 }
        return try await log.updates(after: stamp, limit: limit)
    }
}

/// Updates in agreed order.
extension [Update]: LogPages {
    func count(after stamp: Stamp?) async throws -> Int {
        count { update in stamp.map { update.stamp > $0 } ?? true }
    }

    func updates(after stamp: Stamp?, limit: DeltaLimit) async throws -> [Update] {
        var (page, bytes): ([Update], Int) = ([], 0)
        for update in self where stamp.map({ update.stamp > $0 }) ?? true {
            guard page.count < limit.updates, bytes < limit.bytes else { break }
            page.append(update)
            bytes += update.byteCount
        }
        return page
    }
}
