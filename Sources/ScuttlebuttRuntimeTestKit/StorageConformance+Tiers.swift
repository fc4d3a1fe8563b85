// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

extension StorageConformance {
    /// The additional promises of a `TieredLogStorage`.
    public static let tieredCases: [Case] = [
        Case("A new log has no sources, no floor and no checkpoints") { log, _ in
            let log = try tiered(log)
            try expect(try await log.summary(), LogSummary(), "summary")
            try expect(try await log.floor(leaving: 0), nil, "floor")
            try expect(try await log.updates(after: nil, limit: .unlimited), [], "updates")
            try expect(try await log.checkpoints(), [], "checkpoints")
        },
        Case("Pages of any size give the whole log in agreed order") { log, reopen in
            let names = ["b", "a", "\u{FF5E}", "\u{1F600}", "\u{E9}", "e\u{301}"]
            var all: [Update] = []
            for time in 1...200 {
                for (place, name) in names.enumerated() where (time + place) % 3 != 0 {
                    all.append(try update(name, Double(time), "[\(all.count)]"))
                }
            }
            // Late for the log, though not within a source.
            for name in names.reversed() {
                try await log.append(all.filter { $0.source.text == name })
            }
            let ordered = all.sorted { $0.stamp < $1.stamp }
            for limit in [1, 2, 7, 64, 1_000] {
                let pages = try await pages(of: tiered(log), limit: DeltaLimit(updates: limit))
                try expect(pages.allSatisfy { $0.count <= limit }, true, "size of pages")
                try expect(pages.flatMap { $0 }, ordered, "pages of \(limit)")
            }
            let bytes = try await pages(of: tiered(log), limit: DeltaLimit(bytes: 20))
            try expect(bytes.allSatisfy { $0.count <= 20 }, true, "size of pages in bytes")
            try expect(bytes.flatMap { $0 }, ordered, "pages of 20 bytes")
            log = try await reopen(log)
            let whole = try await tiered(log).updates(after: nil, limit: .unlimited)
            try expect(whole, ordered, "after the restart")
            for left in [0, 1, 5, 100, ordered.count - 1] {
                guard let floor = try await tiered(log).floor(leaving: left) else {
                    throw ConformanceError("there is no floor below \(left) updates")
                }
                let rest = try await tiered(log).updates(after: floor, limit: .unlimited)
                try expect(rest.count <= left, true, "updates above the floor")
                try expect(rest.count > left - names.count, true, "updates above the floor")
                try expect(rest, Array(ordered.suffix(rest.count)), "updates above the floor")
            }
            let everything = try await tiered(log).floor(leaving: ordered.count)
            try expect(everything, nil, "floor below all")
        },
        Case("The summary counts what is stored, once, and survives a restart") { log, reopen in
            let updates = try (1...5).map { try update("A", Double($0), "0") }
            try await log.append([updates[0], updates[2]])
            _ = try await tiered(log).summary()
            try await log.append([updates[2], updates[4], try update("B", 7, "0")])
            try await log.append([updates[1]])
            for moment in ["before the restart", "after it"] {
                let summary = try await tiered(log).summary()
                let found = Set(summary.entries)
                let expected = try Set([
                    LogSummary.Entry(
                        source: source("A"), newest: updates[4].timestamp, count: 4),
                    LogSummary.Entry(
                        source: source("B"), newest: stamp("B", 7).timestamp, count: 1),
                ])
                try expect(found, expected, moment)
                try expect(summary.count, 5, moment)
                log = try await reopen(log)
            }
        },
        Case("A checkpoint survives a restart, with every byte of a large state") { log, reopen in
            _ = try await tiered(log).summary()
            try await log.append((1...9).map { try update("A", Double($0), "0") })
            let state = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let (small, large) = (try checkpoint("A", 3, []), try checkpoint("\u{E9}", 7, state))
            let mark = try await tiered(log).mark()
            let isFiled = try await [
                tiered(log).file(large, state: state, since: mark),
                tiered(log).file(small, state: [], since: mark),
            ]
            try expect(isFiled, [true, true], "that they are stored")
            log = try await reopen(log)
            _ = try await tiered(log).summary()
            try expect(try await tiered(log).checkpoints(), [small, large], "checkpoints")
            try expect(try await tiered(log).state(of: large), state, "the large state")
            try expect(try await tiered(log).state(of: small), [], "the empty state")
            try await tiered(log).remove([small])
            try expect(try await tiered(log).checkpoints(), [large], "after the removal")
        },
        Case("An update at or before a checkpoint removes it, and a later one does not") {
            log, reopen in
            _ = try await tiered(log).summary()
            try await log.append((1...4).map { try update("B", Double($0 * 10), "0") })
            let all = try [("B", 10.0), ("B", 20), ("B", 30), ("B", 40)].map {
                try checkpoint($0.0, $0.1, [1])
            }
            let mark = try await tiered(log).mark()
            for one in all { _ = try await tiered(log).file(one, state: [1], since: mark) }
            try await log.append([try update("B", 50, "0"), try update("C", 40, "0")])
            try expect(try await tiered(log).checkpoints(), all, "after newer ones")
            // A repetition is not stored, so that it removes nothing.
            try await log.append([try update("B", 20, "0")])
            try expect(try await tiered(log).checkpoints(), all, "after a repetition")
            try await log.append([try update("A", 30, "0")])
            try expect(
                try await tiered(log).checkpoints(), Array(all[..<2]), "after one before the third")
            log = try await reopen(log)
            _ = try await tiered(log).summary()
            try await log.append([try update("0", 20, "0")])
            try expect(
                try await tiered(log).checkpoints(), Array(all[..<1]), "after one before the second"
            )
        },
        Case("A checkpoint that was overtaken while it was made is not stored") { log, _ in
            _ = try await tiered(log).summary()
            try await log.append((1...4).map { try update("B", Double($0 * 10), "0") })
            let mark = try await tiered(log).mark()
            try await log.append([try update("C", 20, "0")])
            let (before, after) = (try checkpoint("B", 20, [1]), try checkpoint("C", 20, [2]))
            try expect(
                try await tiered(log).file(after, state: [2], since: mark), false, "overtaken")
            try expect(
                try await tiered(log).file(before, state: [1], since: mark), true, "not overtaken")
            try expect(try await tiered(log).checkpoints(), [before], "checkpoints")
        },
    ]

    private static func tiered(_ log: any LogStorage) throws -> any TieredLogStorage {
        guard let tiered = log as? any TieredLogStorage else {
            throw ConformanceError("this storage cannot be read in part")
        }
        return tiered
    }

    private static func pages(
        of log: any TieredLogStorage, limit: DeltaLimit
    ) async throws -> [[Update]] {
        var pages: [[Update]] = []
        while true {
            let page = try await log.updates(after: pages.last?.last?.stamp, limit: limit)
            if page.isEmpty { return pages }
            pages.append(page)
        }
    }

    private static func stamp(_ name: String, _ time: Double) throws -> Stamp {
        try update(name, time, "").stamp
    }

    private static func checkpoint(
        _ name: String, _ time: Double, _ state: [UInt8]
    ) throws -> StoredCheckpoint {
        let stamp = try stamp(name, time)
        var vector = VersionVector()
        vector.advance(stamp.source, to: stamp.timestamp)
        return StoredCheckpoint(
            stamp: stamp, count: 3, vector: vector, reducerVersion: "v\u{E9}1", unknown: [stamp],
            stateHash: [UInt8](repeating: 1, count: 32),
            logHash: [UInt8](repeating: 2, count: 32), stateByteCount: state.count)
    }
}
