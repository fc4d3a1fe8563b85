// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttSQLite

@Suite("Steps of several processes on one store", .timeLimit(.minutes(20)))
struct InterleavingTests {
    /// What a process may do next.
    enum Step: CaseIterable, Sendable {
        case open, write, writeForeign, writeLate, follow, file, page, close, die
    }

    static let pairs = Step.allCases.flatMap { first in
        Step.allCases.map { (first, $0) }
    }

    @Test("Any two steps, one after the other", arguments: pairs)
    func inTurn(first: Step, second: Step) async throws {
        let world = try SharedWorld(processes: 3)
        for process in 0..<2 {
            for step in [Step.open, .write, .writeForeign] {
                try await world.perform(step, by: process)
            }
        }
        for round in 0..<2 {
            try await world.perform(first, by: round)
            try await world.perform(second, by: 1 - round)
            try await world.check()
            try await world.perform(second, by: round)
            try await world.perform(first, by: 2)
            try await world.check()
        }
        try await world.end()
    }

    @Test("Any two steps at once", arguments: pairs)
    func atOnce(first: Step, second: Step) async throws {
        let world = try SharedWorld(processes: 2)
        for process in 0..<2 {
            for step in [Step.open, .write, .writeForeign] {
                try await world.perform(step, by: process)
            }
        }
        for _ in 0..<3 {
            async let one: Void = world.perform(first, by: 0)
            async let other: Void = world.perform(second, by: 1)
            _ = try await (one, other)
            try await world.check()
        }
        try await world.end()
    }

    @Test("Any steps in any order", arguments: UInt64(0)..<24)
    func atRandom(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let world = try SharedWorld(processes: 4)
        for _ in 0..<60 {
            let process = random.below(4)
            // Mostly something that is possible.
            let step = Step.allCases[random.below(Step.allCases.count)]
            try await world.perform(random.below(3) == 0 ? .open : step, by: process)
            if random.below(4) == 0 { try await world.check() }
        }
        try await world.end()
    }
}

/// Some processes with one store, and what must be in it.
final class SharedWorld: Sendable {
    private actor Process {
        var storage: MortalStorage?
        var source: Source?
        var told: [Update] = []
        /// What the log had when it was read first.
        var start: Set<Update> = []
        /// What this process has stored since.
        var own: Set<Update> = []

        func append(
            _ updates: [Update], _ storage: SQLiteStorage, _ stored: Stored
        ) async throws {
            try await storage.append(updates)
            own.formUnion(updates)
            await stored.add(updates)
        }

        func with<Result: Sendable>(
            _ body: @Sendable (isolated Process) async throws -> Result
        ) async rethrows -> Result {
            try await body(self)
        }
    }

    /// What was answered as stored.
    private actor Stored {
        var updates: Set<Update> = []
        var times = 0.0

        func add(_ more: [Update]) { updates.formUnion(more) }
        func next() -> Double {
            times += 2
            return times
        }
    }

    private let folder: TemporaryFolder
    private let processes: [Process]
    private let stored = Stored()

    init(processes count: Int) throws {
        folder = try TemporaryFolder()
        processes = (0..<count).map { _ in Process() }
    }

    /// Performs a step if it is possible.
    func perform(_ step: InterleavingTests.Step, by number: Int) async throws {
        let (path, stored) = (folder.path(), stored)
        try await processes[number].with { process in
            guard let alive = process.storage else {
                guard step == .open else { return }
                let storage = try SQLiteStorage.open(path, mode: .shared)
                process.start = Set(try await everything(in: storage))
                var generator = SystemRandomNumberGenerator()
                process.source = try await storage.source(
                    proposing: .random(using: &generator))
                (process.told, process.own) = ([], [])
                process.storage = MortalStorage(storage)
                return
            }
            if step == .die {
                process.storage = nil
                // Nothing here may keep it alive.
                return await alive.die()
            }
            let storage = alive.storage
            let time = await stored.next()
            switch step {
            case .open, .die:
                break
            case .write:
                guard let source = process.source?.text else { return }
                try await process.append(
                    [try update(source, time), try update(source, time + 1)], storage, stored)
            case .writeForeign:
                // Both have it from a peer.
                try await process.append(
                    [try update("peer", 3), try update("peer-\(number)", time)], storage, stored)
            case .writeLate:
                try await process.append(
                    [try update("peer-\(number)", time - 1.5)], storage, stored)
            case .follow:
                while true {
                    let portion = try await storage.nextOfOthers(limit: 3)
                    if portion.isEmpty { break }
                    process.told += portion.updates + portion.late
                }
            case .file:
                let summary = try await storage.summary()
                guard let newest = summary.entries.map(\.newest).max() else { return }
                let mark = try await storage.mark()
                let page = try await storage.updates(after: nil, limit: .unlimited)
                guard let stamp = page.last(where: { $0.timestamp < newest })?.stamp else { return }
                let checkpoint = StoredCheckpoint(
                    stamp: stamp, count: page.count { $0.stamp <= stamp },
                    vector: summary.vector, reducerVersion: "1", unknown: [], stateHash: [1],
                    logHash: [1], stateByteCount: 1)
                _ = try await storage.file(checkpoint, state: [7], since: mark)
            case .page:
                let page = try await storage.updates(
                    after: nil, limit: DeltaLimit(updates: 5, bytes: 1_000))
                #expect(page == page.sorted { $0.stamp < $1.stamp })
            case .close:
                process.storage = nil
                await alive.close()
            }
        }
    }

    /// Compares the store with what was answered, and what each process was told.
    func check() async throws {
        let expected = await stored.updates
        for process in processes {
            try await process.with { process in
                guard let storage = process.storage?.storage else { return }
                let all = try await storage.updates(after: nil, limit: .unlimited)
                #expect(all == expected.sorted { $0.stamp < $1.stamp })
                #expect(try await storage.summary().count == expected.count)
                #expect(Set(try await everything(in: storage)) == expected)
                for checkpoint in try await storage.checkpoints() {
                    #expect(
                        checkpoint.count == expected.count { $0.stamp <= checkpoint.stamp },
                        "a checkpoint lacks an update")
                }
                while true {
                    let portion = try await storage.nextOfOthers(limit: 100)
                    if portion.isEmpty { break }
                    process.told += portion.updates + portion.late
                }
                #expect(Set(process.told).count == process.told.count, "told twice")
                #expect(process.start.isDisjoint(with: process.told), "told again")
                #expect(process.start.union(process.own).union(process.told) == expected)
            }
        }
        var sources: [Source] = []
        for process in processes {
            if await process.storage != nil { sources.append(try #require(await process.source)) }
        }
        #expect(Set(sources).count == sources.count, "two write under one source")
    }

    func end() async throws {
        try await perform(.open, by: 0)
        try await check()
        for number in processes.indices { try await perform(.close, by: number) }
        #expect(try Set(folder.content.keys) == ["log.sqlite"])
        let storage = try SQLiteStorage.open(folder.path(), mode: .existing)
        #expect(Set(try await everything(in: storage)) == (await stored.updates))
        await storage.close()
    }
}
