// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import Rewind

@Suite("A history whose oldest entries are folded into the base", .timeLimit(.minutes(20)))
struct HistoryTrimmingTests {
    static let sources = ["a", "b", "\u{FF5E}", "\u{1F600}"]

    @Test(
        "trimming changes neither the state nor what is above the floor",
        arguments: UInt64(0)..<120)
    func equalsTheModel(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let spacing = [1, 2, 7, 64][random.below(4)]
        let failEvery = [nil, 2, 5, 17][random.below(4)]
        let reducer = Tally.reducer(failEvery: failEvery)
        var model = HistoryModel(failEvery: failEvery)
        var history = History(base: Tally(), reducer: reducer, spacing: spacing)
        var clock = 1

        for _ in 0..<40 {
            switch random.below(8) {
            case 0, 1, 2:
                let batch = (0..<random.below(300)).map { _ in
                    clock += random.below(3)
                    return HistoryEntry(
                        random.below(9) == 0 ? nil : random.below(100),
                        at: stamp(clock, Self.sources[random.below(4)]))
                }
                let change = history.merge(batch)
                for entry in batch { try _ = model.insert(entry.action, at: #require(entry.stamp)) }
                if !change.belowFloor.isEmpty {
                    history = try remade(history, model, reducer, spacing, &random)
                }
                clock = max(clock, Int(history.newest?.timestamp.value ?? 0))
            case 3:
                let action = random.below(100)
                history.appendLocal(action)
                model.appendLocal(action)
            case 4, 5:
                let floor = history.floor
                let late = stamp(1 + random.below(clock), Self.sources[random.below(4)])
                let action = random.below(100)
                let known = history.contains(late)
                let change = history.merge([HistoryEntry(action, at: late)])
                if let floor, late <= floor {
                    // What a store does: it reads the log again, from the beginning or from a
                    // checkpoint that is old enough.
                    #expect(change.belowFloor == [late])
                    _ = model.insert(action, at: late)
                    history = try remade(history, model, reducer, spacing, &random)
                } else {
                    #expect(change.inserted == (known ? 0 : 1))
                    if !known { _ = model.insert(action, at: late) }
                }
            default:
                let keep = random.below(700)
                let before = history.retainedCount
                history.trim(keeping: keep)
                #expect(history.retainedCount >= min(before, keep))
                #expect(history.retainedCount <= max(2 * keep + spacing, min(before, keep)))
            }
            let ordered = model.ordered
            let expected = model.fold(ordered)
            #expect(history.current == expected.state)
            #expect(history.gossipedCount == ordered.count { $0.localSequence == 0 })
            #expect(
                history.entries.map(\.outcome)
                    == Array(expected.outcomes.suffix(history.retainedCount)))
            #expect(
                history.gossiped.compactMap(\.stamp).allSatisfy { stamp in
                    history.floor.map { $0 < stamp } ?? true
                })
        }
    }

    /// The history made anew from a checkpoint of the model, in batches and trimmed on the way.
    private func remade(
        _ history: History<Tally, Int>, _ model: HistoryModel,
        _ reducer: HistoryReducer<Tally, Int>, _ spacing: Int, _ random: inout SplitMix64
    ) throws -> History<Tally, Int> {
        // The newest state below all local-only actions, which no checkpoint contains.
        let log = model.ordered.filter { $0.localSequence == 0 }
        var locals = history.trimmedLocalEntries + history.entries.filter(\.isLocal)
        let firstLocal = locals.first
        let before = log.prefix { item in
            guard let firstLocal else { return true }
            return firstLocal.anchor.flatMap { anchor in item.anchor.map { $0 < anchor } } ?? false
        }
        var start = random.below(before.count + 1)
        // A checkpoint says what failed only by its state, so it is taken from the model.
        var remade: History<Tally, Int>
        if start > 0, let floor = log[start - 1].anchor {
            remade = History(
                checkpoint: model.fold(Array(log.prefix(start))).state, floor: floor, count: start,
                reducer: reducer, spacing: spacing)
        } else {
            remade = History(base: Tally(), reducer: reducer, spacing: spacing)
        }
        while start < log.count {
            let end = min(log.count, start + 1 + random.below(500))
            var batch: [HistoryEntry<Int>] = []
            for item in log[start..<end] {
                guard let anchor = item.anchor else { continue }
                while let local = locals.first, local.precedes(anchor) {
                    batch.append(local)
                    locals.removeFirst()
                }
                batch.append(HistoryEntry(item.action, at: anchor))
            }
            remade.merge(batch)
            remade.trim(keeping: random.below(400))
            start = end
        }
        remade.merge(locals)
        return remade
    }

    @Test("a history that continues from a checkpoint rewinds down to it and not below")
    func continuesFromACheckpoint() {
        var history = History(
            checkpoint: 10, floor: stamp(5), count: 4,
            reducer: HistoryReducer<Int, Int> { state, action, _ in state += action })
        #expect(history.newest == stamp(5))
        #expect(history.gossipedCount == 4)
        history.insert(1, at: stamp(9))
        #expect(history.merge([HistoryEntry(2, at: stamp(7))]).depth == 1)
        #expect(history.merge([HistoryEntry(4, at: stamp(5))]).belowFloor == [stamp(5)])
        #expect(history.merge([HistoryEntry(4, at: stamp(3))]).inserted == 0)
        history.appendLocal(100)
        #expect(history.current == 113)
        #expect(history.gossipedCount == 6)
        #expect(history.snapshot(atDistance: 0) == nil)
    }

    @Test("trimming drops chunks, so that what is kept does not grow with the history")
    func retainsABoundedNumber() {
        var history = History(
            base: 0, reducer: HistoryReducer<Int, Int> { state, action, _ in state += action })
        for time in 1...100_000 {
            history.insert(1, at: stamp(time))
            if history.retainedCount > 3_000 { history.trim(keeping: 1_000) }
        }
        #expect(history.current == 100_000)
        #expect(history.retainedCount <= 3_000)
        #expect(history.storage.chunks.count <= 3_000 / 512 + 2)
        #expect(history.entries.first?.stamp == history.gossiped.first { _ in true }?.stamp)
    }

    @Test("A local-only action above the floor is not taken for the action that is in the base")
    func localAtTheFloor() {
        var history = History(base: Tally(), reducer: Tally.reducer(failEvery: nil), spacing: 1)
        history.merge([HistoryEntry(1, at: stamp(1)), HistoryEntry(2, at: stamp(2))])
        history.appendLocal(3)
        history.trim(keeping: 1)
        #expect(history.floor == stamp(2))
        #expect(!history.contains(stamp(2)))
        #expect(history.entry(at: stamp(2)) == nil && history.state(at: stamp(2)) == nil)
    }
}
