// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import Rewind

@Suite("A history whose old actions are in the log only", .timeLimit(.minutes(20)))
struct HistoryArchiveTests {
    /// A number that depends on every action and on their order.
    private static let reducer = HistoryReducer<UInt64, String>(reporting: { state, action, stamp in
        guard !action.hasSuffix("7") || stamp == nil else { return .failed }
        for byte in action.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return .applied
    })

    /// A log with two histories of it, of which one archives.
    private struct Pair {
        var log = UpdateLog()
        var plain = History(base: 0, reducer: HistoryArchiveTests.reducer)
        var archiving = History(base: 0, reducer: HistoryArchiveTests.reducer)

        init() {
            archiving.keepArchive { payload in
                let text = String(decoding: payload, as: UTF8.self)
                return text.hasPrefix("?") ? nil : text
            }
        }

        mutating func merge(_ updates: [Update]) {
            for update in updates { log.append(update) }
            let batch = updates.map { update -> HistoryEntry<String> in
                let text = String(decoding: update.payload, as: UTF8.self)
                return HistoryEntry(text.hasPrefix("?") ? nil : text, at: update.stamp)
            }
            let change = plain.merge(batch)
            #expect(archiving.merge(batch) == change)
        }

        mutating func archive() {
            guard let known = archiving.archivedVector else { return }
            archiving.archive(log.sealed(after: known), limit: 16_384)
        }

        var archivedCount: Int {
            let storage = archiving.storage
            return (storage.start..<storage.count).count { storage[$0].isArchived }
        }
    }

    @Test(
        "Whatever comes late, it folds to the same as one that keeps them",
        arguments: 0..<8 as Range<UInt64>)
    func equalsTheOther(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var pair = Pair()
        let sources = ["A", "B", "C", "D"].compactMap { Source($0) }
        var clocks = [1, 1, 1, 1]
        var total = 0
        var maximum = 0
        while total < 24_000 {
            let number = random.below(4)
            // One is far behind the others, another writes little.
            let pace = [1, 1, 3, 1][number]
            var updates: [Update] = []
            for _ in 0..<(number == 3 ? random.below(40) : random.below(900)) {
                clocks[number] += pace + random.below(2)
                let text =
                    (random.below(40) == 0 ? "?" : "") + "action \(clocks[number]) of \(number)"
                updates.append(
                    Update(
                        payload: Array(text.utf8),
                        timestamp: try #require(Timestamp(Double(clocks[number]))),
                        source: sources[number]))
            }
            total += updates.count
            pair.merge(updates)
            if random.below(4) == 0 {
                pair.plain.appendLocal("local")
                pair.archiving.appendLocal("local")
            }
            if pair.archiving.isArchiveDue { pair.archive() }
            maximum = max(maximum, pair.archivedCount)
            #expect(pair.archiving.current == pair.plain.current)
        }
        #expect(maximum > 12_000)
        #expect(Array(pair.archiving.entries).map(\.action) == pair.plain.entries.map(\.action))
        let stamp = try #require(pair.plain.entries[total / 3].stamp)
        #expect(pair.archiving.state(at: stamp) == pair.plain.state(at: stamp))
        let copy = pair.archiving
        // From the first action on.
        #expect(
            pair.archiving.replaceReducer(Self.reducer)
                == pair.plain.replaceReducer(Self.reducer))
        #expect(pair.archiving.current == pair.plain.current)
        #expect(copy.current == pair.plain.current)
        #expect(pair.archiving.trim(keeping: 9_000) == pair.plain.trim(keeping: 9_000))
        pair.archive()
        #expect(
            pair.archiving.replaceReducer(Self.reducer)
                == pair.plain.replaceReducer(Self.reducer))
        #expect(pair.archiving.current == pair.plain.current)
    }

    @Test("Own updates that come home below newer ones leave what was archived as it is")
    func rebuiltLog() throws {
        var pair = Pair()
        let source = try #require(Source("A"))
        func update(_ time: Double) throws -> Update {
            Update(
                payload: Array("action \(time)".utf8), timestamp: try #require(Timestamp(time)),
                source: source)
        }
        pair.merge(try (1...12_000).map { try update(Double($0 * 2)) })
        pair.archive()
        #expect(pair.archivedCount > 7_000)
        let late = try [update(4_001), update(4_003), update(4_005)]
        _ = pair.log.insert(older: late, initial: UpdateLog(), wallClock: 0)
        let batch = late.map { HistoryEntry("late", at: $0.stamp) }
        #expect(pair.archiving.merge(batch) == pair.plain.merge(batch))
        #expect(pair.archiving.current == pair.plain.current)
        pair.merge(try (12_001...16_000).map { try update(Double($0 * 2)) })
        pair.archive()
        #expect(
            pair.archiving.replaceReducer(Self.reducer)
                == pair.plain.replaceReducer(Self.reducer))
        #expect(pair.archiving.current == pair.plain.current)
        #expect(pair.archivedCount > 11_000)
    }

    @Test("What another source wrote at the very time of the floor is folded again too")
    func timeOfTheFloor() throws {
        var pair = Pair()
        let sources = ["A", "B"].compactMap { Source($0) }
        let updates = try (1...6_000).flatMap { time in
            try sources.map { source in
                Update(
                    payload: Array("action \(time) of \(source)".utf8),
                    timestamp: try #require(Timestamp(Double(time))), source: source)
            }
        }
        pair.merge(updates)
        // The last update of a chunk: that of A is in the base, that of B is not.
        var short = UpdateLog()
        for update in updates where short.sealed(after: VersionVector()).isEmpty {
            short.append(update)
        }
        let chunk = try #require(short.sealed(after: VersionVector()).first)
        let stamp = Stamp(timestamp: try #require(chunk.newest), source: sources[0])
        let count = updates.count { $0.stamp <= stamp }
        let state = try #require(pair.plain.state(at: stamp))
        pair.archiving = pair.archiving.restarted(at: state, floor: stamp, count: count)
        pair.archiving.merge(
            updates[count...].map {
                HistoryEntry(String(decoding: $0.payload, as: UTF8.self), at: $0.stamp)
            })
        pair.archive()
        #expect(pair.archivedCount > 6_000)
        pair.archiving.replaceReducer(Self.reducer)
        #expect(pair.archiving.current == pair.plain.current)
    }

    @Test("A copy that missed one hand-over is not harmed by the next")
    func missedHandOver() throws {
        var pair = Pair()
        let source = try #require(Source("A"))
        pair.merge(
            try (1...20_000).map { time in
                Update(
                    payload: Array("action \(time)".utf8),
                    timestamp: try #require(Timestamp(Double(time))), source: source)
            })
        let copy = pair.archiving
        pair.archiving.archive(pair.log.sealed(after: VersionVector()), limit: 6_000)
        let known = try #require(pair.archiving.archivedVector)
        pair.archiving = copy
        pair.archiving.archive(pair.log.sealed(after: known), limit: 16_384)
        #expect(pair.archivedCount == 0)
        #expect(pair.archiving.isArchiveDue, "so that it gets what it lacks at once")
        pair.archive()
        #expect(pair.archivedCount > 15_000)
        pair.archiving.replaceReducer(Self.reducer)
        #expect(pair.archiving.current == pair.plain.current)
    }

    @Test("Actions that take no memory of their own stay in the history")
    func plainActions() {
        var history = History<Int, Int>(
            base: 0, reducer: HistoryReducer { state, action, _ in state += action })
        history.keepArchive { _ in nil }
        for _ in 0..<9_000 { history.appendLocal(1) }
        #expect(history.archivedVector == nil)
        #expect(!history.isArchiveDue)
    }
}
