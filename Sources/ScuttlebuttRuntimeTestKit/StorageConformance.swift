// SPDX-License-Identifier: MIT

import Scuttlebutt
public import ScuttlebuttRuntime

/// The promises of every `LogStorage`, as cases to run against an implementation.
///
/// ```swift
/// @Test("The log in a file keeps its promises", arguments: StorageConformance.cases)
/// func conforms(to promise: StorageConformance.Case) async throws {
///     try await promise.run(make: { try open(newPath()) }, reopen: { storage in … })
/// }
/// ```
public enum StorageConformance {
    /// Creates an empty storage.
    public typealias Make = @Sendable () async throws -> any LogStorage
    /// Closes a storage and reopens the same log, as after a restart.
    public typealias Reopen = @Sendable (any LogStorage) async throws -> any LogStorage

    /// One promise and the code that checks it.
    public struct Case: Sendable, CustomStringConvertible {
        /// The promise as a sentence.
        public let description: String
        private let body: @Sendable (inout any LogStorage, Reopen) async throws -> Void

        init(
            _ description: String,
            _ body: @escaping @Sendable (inout any LogStorage, Reopen) async throws -> Void
        ) {
            self.description = description
            self.body = body
        }

        /// Checks the promise on a new storage.
        ///
        /// - Throws: ``ConformanceError`` if the promise is broken, or an unexpected
        ///   error of the storage.
        public func run(make: Make, reopen: Reopen) async throws {
            do {
                var log = try await make()
                try await body(&log, reopen)
                await log.close()
            } catch let failure as ConformanceError {
                throw ConformanceError("\(description): \(failure)")
            }
        }
    }

    /// All promises.
    public static let cases: [Case] = [
        Case("A new log is empty") { log, _ in
            try expect(try await everything(in: log), [], "updates")
            try expect(try await log.refusals(), [], "refusals")
        },
        Case("A log takes the first proposed source and keeps it") { log, reopen in
            let (first, second) = (try source("é"), try source("B"))
            try expect(try await log.source(proposing: first), first, "the first proposal")
            try expect(try await log.source(proposing: second), first, "a second proposal")
            log = try await reopen(log)
            try expect(try await log.source(proposing: second), first, "after the restart")
        },
        Case("Everything appended survives a restart, byte for byte") { log, reopen in
            let updates = try awkwardUpdates()
            try await log.append(updates)
            try await log.append([])
            try expect(try await everything(in: log), bySource(updates), "before the restart")
            log = try await reopen(log)
            try expect(try await everything(in: log), bySource(updates), "after the restart")
        },
        Case("An update that is already stored changes nothing") { log, reopen in
            let (a, b) = (try update("A", 1, "1"), try update("A", 2, "2"))
            try await log.append([a, a, b])
            try await log.append([b, a])
            log = try await reopen(log)
            let other = try update("A", 2, "\"another payload\"")
            try await log.append([a, other, try update("A", 3, "3")])
            let expected = [a, b, try update("A", 3, "3")]
            try expect(try await everything(in: log), bySource(expected), "updates")
        },
        Case("An update older than the newest of its source is kept, and loaded before it") {
            log, reopen in
            let (a, b) = (try source("A"), try source("B"))
            let updates = try (0...9).map { try update(a, Double($0 + 1), "[\($0)]") }
            let other = try (0...2).map { try update(b, Double($0 + 1), "{}", tail: "\($0)") }
            try await log.append([updates[0], updates[5], other[1]])
            // One batch with older, newer and known updates of one source.
            try await log.append([updates[2], updates[7], updates[5], updates[3], other[0]])
            try expect(
                try await everything(in: log),
                [updates[0], updates[2], updates[3], updates[5], updates[7], other[0], other[1]],
                "before the restart")
            log = try await reopen(log)
            let changed = try update(a, 3, "\"another payload\"")
            try await log.append([changed, updates[2], updates[0], updates[7]])
            try await log.append([updates[6], updates[6], updates[1], updates[8], updates[4]])
            try await log.append([other[2], updates[9]])
            for moment in ["before the second restart", "after it"] {
                try expect(try await everything(in: log), updates + other, moment)
                log = try await reopen(log)
            }
        },
        Case("Many older updates of many sources are kept, appended singly or together") {
            log, reopen in
            let writers = try (0..<20).map { try source("writer-\($0)") }
            let all = try writers.map { writer in
                try (1...600).map { try update(writer, Double($0), "\($0)") }
            }
            try await log.append(all.flatMap { $0[400...] })
            for updates in all { try await log.append([updates[399]]) }
            log = try await reopen(log)
            try await log.append(all.flatMap { $0[..<399].reversed() })
            log = try await reopen(log)
            let sizes = Collected<Int>()
            try await log.load { sizes.append($0.count) }
            let counts = sizes.values
            guard counts.allSatisfy({ (1...10_000).contains($0) }) else {
                throw ConformanceError("batches of \(counts)")
            }
            try expect(try await everything(in: log), all.flatMap { $0 }, "updates")
        },
        Case("Sources that Swift's strings treat as equal stay distinct") { log, reopen in
            let updates = [
                try update("\u{E9}", 1, "1"), try update("e\u{301}", 1, "2"),
                try update("", 1, "3"), try update("a\u{0}b", 1, "4"), try update("a", 1, "5"),
                try update("A", 1, "6"),
            ]
            try await log.append(updates)
            log = try await reopen(log)
            try expect(try await everything(in: log), bySource(updates), "updates")
        },
        Case("Concurrent appends are all stored, with each source ascending") { log, reopen in
            let storage = log
            let writers = try (0..<8).map { try source("writer-\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in writers {
                    group.addTask {
                        for value in 1...50 {
                            try await storage.append([try update(writer, Double(value), "0")])
                        }
                    }
                }
                try await group.waitForAll()
            }
            log = try await reopen(log)
            let found = try await everything(in: log)
            for writer in writers {
                let times = found[writer, default: []].map(\.timestamp.value)
                try expect(times, (1...50).map(Double.init), "timestamps of \(writer)")
            }
        },
        Case("Many updates are loaded in batches of at most a few thousand") { log, _ in
            let writer = try source("A")
            let updates = try (1...20_000).map { try update(writer, Double($0), "[\($0)]") }
            try await log.append(updates)
            let sizes = Collected<Int>()
            try await log.load { sizes.append($0.count) }
            let counts = sizes.values
            guard counts.allSatisfy({ (1...10_000).contains($0) }) else {
                throw ConformanceError("batches of \(counts)")
            }
            try expect(try await everything(in: log), bySource(updates), "updates")
        },
        Case("Loading rethrows what its body throws, and the log stays usable") { log, _ in
            try await log.append([try update("A", 1, "1")])
            do {
                try await log.load { _ in throw ConformanceError("mine") }
                throw ConformanceError("nothing was thrown")
            } catch let failure as ConformanceError where failure.description == "mine" {}
            try await log.append([try update("A", 2, "2")])
            let found = try await everything(in: log)
            try expect(found[try source("A")]?.count, 2, "updates")
        },
        Case("Refusals are returned oldest first and once each after a restart") { log, reopen in
            let refusals = try (0..<5).map { try fingerprint($0) }
            try await log.remember(refusals: Array(refusals[0..<3]))
            try await log.remember(refusals: [refusals[1], refusals[3], refusals[4], refusals[4]])
            log = try await reopen(log)
            try expect(try await log.refusals(), refusals, "refusals")
        },
        Case("The oldest refusals beyond the limit are forgotten") { log, reopen in
            let limit = InMemoryStorage.refusalLimit
            let refusals = try (0..<limit + 10).map { try fingerprint($0) }
            try await log.remember(refusals: Array(refusals[..<limit]))
            try await log.remember(refusals: Array(refusals[limit...]))
            log = try await reopen(log)
            let found = try await log.refusals()
            try expect(found.count, limit, "number of refusals")
            try expect(found == Array(refusals[10...]), true, "that they are the newest")
        },
        Case("A closed log throws, and can be closed again") { log, _ in
            await log.close()
            await log.close()
            do {
                try await log.append([try update("A", 1, "1")])
                throw ConformanceError("an append after closing did not throw")
            } catch let error as StorageError { try expect(error.code, .closed, "code of append") }
            do {
                try await log.load { _ in }
                throw ConformanceError("loading after closing did not throw")
            } catch let error as StorageError { try expect(error.code, .closed, "code of load") }
        },
        Case("Closing finishes pending appends") { log, reopen in
            let (writer, log) = (try source("A"), log)
            let one = try update(writer, 1, "0")
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        try await log.append([one])
                        return true
                    } catch let error as StorageError where error.code == .closed {
                        return false
                    }
                }
                await log.close()
                let isStored = try await group.next() ?? false
                let again = try await reopen(log)
                let found = try await everything(in: again)
                try expect(found[writer]?.count ?? 0, isStored ? 1 : 0, "updates")
                await again.close()
            }
        },
    ]
}
