// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import Testing

@Suite("History", .timeLimit(.minutes(20)))
struct HistoryTests {
    let sum = HistoryReducer<Int, Int> { state, action, _ in state += action }
    let list = HistoryReducer<[Int], Int> { state, action, _ in state.append(action) }

    @Test("G8: a local-only action keeps its place behind its anchor when a late one arrives")
    func localSurvivesRewind() {
        var history = History(base: [Int](), reducer: list)
        history.insert(1, at: stamp(1))
        history.appendLocal(99)
        #expect(history.current == [1, 99])

        history.insert(2, at: stamp(2))
        #expect(history.current == [1, 99, 2])

        var late = History(base: [Int](), reducer: list)
        late.insert(1, at: stamp(2))
        late.appendLocal(99)
        let change = late.insert(2, at: stamp(1))
        #expect(late.current == [2, 1, 99])
        #expect(change.depth == 2)
        #expect(change.cause == stamp(1))
    }

    @Test("G8: local-only actions stay in the order in which they ran, before every later stamp")
    func localOrder() {
        var history = History(base: [Int](), reducer: list)
        history.appendLocal(10)
        history.appendLocal(11)
        history.insert(5, at: stamp(50))
        history.appendLocal(12)
        history.appendLocal(13)
        history.insert(7, at: stamp(70))
        history.merge([
            HistoryEntry(6, at: stamp(60)), HistoryEntry(4, at: stamp(40)),
        ])
        #expect(history.current == [10, 11, 4, 5, 12, 13, 6, 7])
        #expect(history.entries.map(\.isLocal) == [1, 1, 0, 0, 1, 1, 0, 0].map { $0 == 1 })
    }

    @Test("G8: local-only actions are in no history that is shown, saved or sent")
    func localIsNotGossiped() {
        var history = History(base: [Int](), reducer: list)
        history.appendLocal(99)
        history.insert(1, at: stamp(1))
        history.appendLocal(98)
        #expect(history.gossiped.map(\.stamp) == [stamp(1)])
        #expect(history.gossipedCount == 1)
        #expect(history.localCount == 2)
        #expect(history.newest == stamp(1))
    }

    @Test("G1: equal timestamps are ordered by the UTF-16 code units of the source")
    func tiesBySource() {
        // U+1F600 is D83D DE00 in UTF-16 and so smaller than U+FF5E, though greater as a scalar.
        let sources = ["\u{FF5E}", "b", "\u{1F600}", "a", "ab", "\u{E000}", "\u{D7FF}"]
        let expected = ["a", "ab", "b", "\u{D7FF}", "\u{1F600}", "\u{E000}", "\u{FF5E}"]
        var single = History(base: [Int](), reducer: list)
        for (index, source) in sources.enumerated() { single.insert(index, at: stamp(1, source)) }
        var batched = History(base: [Int](), reducer: list)
        batched.merge(
            sources.enumerated().map { HistoryEntry($0, at: stamp(1, $1)) })
        for history in [single, batched] {
            #expect(history.gossiped.compactMap { $0.stamp?.source.text } == expected)
            #expect(history.current == [3, 4, 1, 6, 2, 5, 0])
        }
    }

    @Test("G1: two spellings of one letter are two sources")
    func sourcesAreNotNormalised() {
        var history = History(base: [Int](), reducer: list)
        history.insert(1, at: stamp(1, "\u{E9}"))
        let change = history.insert(2, at: stamp(1, "e\u{301}"))
        #expect(change.duplicates.isEmpty)
        #expect(history.current == [2, 1])
    }

    @Test("G4: an action that arrives in order costs one call of the reducer")
    func inOrderCost() {
        var history = History(base: 0, reducer: sum)
        for time in 1...1_000 {
            let change = history.insert(1, at: stamp(time))
            #expect(change == HistoryChange(inserted: 1, reducerCalls: 1))
        }
        #expect(history.reducerCalls == 1_000)
        #expect(history.current == 1_000)
    }

    @Test("G6: a stamp that is here already changes nothing and is reported")
    func duplicates() {
        var history = History(base: [Int](), reducer: list)
        history.insert(1, at: stamp(1))
        history.appendLocal(99)
        history.insert(2, at: stamp(2))
        history.appendLocal(98)
        for (time, action) in [(1, 1), (2, 7)] {
            let change = history.insert(action, at: stamp(time))
            #expect(change == HistoryChange(duplicates: [stamp(time)]))
        }
        let change = history.merge([
            HistoryEntry(3, at: stamp(3)), HistoryEntry(1, at: stamp(1)),
            HistoryEntry(4, at: stamp(3)), HistoryEntry(2, at: stamp(2)),
        ])
        #expect(
            change
                == HistoryChange(
                    inserted: 1, reducerCalls: 1, duplicates: [stamp(1), stamp(2), stamp(3)]))
        #expect(history.current == [1, 99, 2, 98, 3])
        #expect(history.merge([]) == HistoryChange())
    }

    @Test("A reducer that throws midway leaves no trace, and the rest goes on")
    func failureIsANoOp() {
        let failing = HistoryReducer<[Int], Int>(
            throwing: { (state: inout [Int], action, _) throws(Tally.Refusal) in
                state.append(action)
                if state.count > 1, action < 0 { throw Tally.Refusal() }
                state.append(action)
            })
        var history = History(base: [Int](), reducer: failing)
        history.insert(1, at: stamp(10))
        let change = history.insert(-2, at: stamp(20))
        #expect(change.failed == 1)
        #expect(change.reducerCalls == 2, "one failed call and one to undo it")
        history.insert(3, at: stamp(30))
        #expect(history.current == [1, 1, 3, 3])
        #expect(history.gossiped.map(\.outcome) == [.applied, .failed, .applied])

        // At the very start it does not fail, so a rewind gives it its effect back.
        var other = History(base: [Int](), reducer: failing)
        other.insert(-2, at: stamp(20))
        #expect(other.entry(at: stamp(20))?.outcome == .applied)
        other.insert(1, at: stamp(10))
        #expect(other.entry(at: stamp(20))?.outcome == .failed)
        other.insert(3, at: stamp(30))
        #expect(other.current == history.current)
    }

    @Test("An action that is refused before it touches the state costs no undoing")
    func refusalIsCheap() {
        let refusing = HistoryReducer<Int, Int>(reporting: { state, action, _ in
            guard action > 0 else { return .refused }
            state += action
            return .applied
        })
        var history = History(base: 0, reducer: refusing)
        for time in 1...50 { history.insert(1, at: stamp(time)) }
        let change = history.insert(-1, at: stamp(51))
        #expect(change == HistoryChange(inserted: 1, reducerCalls: 1, failed: 1))
        #expect(history.current == 50)
    }

    @Test("Many failures cost at most as many further calls as there are actions, and 16 for each")
    func failuresDoNotMultiply() {
        let failing = HistoryReducer<Int, Int>(reporting: { state, action, _ in
            state += action
            return action < 0 ? .failed : .applied
        })
        let batch = (1...5_000).map {
            HistoryEntry($0 % 40 == 0 || $0 % 41 == 0 ? -1 : 1, at: stamp($0))
        }
        let failures = batch.filter { $0.action == -1 }.count
        var merged = History(base: 0, reducer: failing)
        let change = merged.merge(batch)
        #expect(change.failed == failures)
        #expect(merged.current == 5_000 - failures)
        #expect(change.reducerCalls <= 2 * 5_000 + 16 * failures)

        var single = History(base: 0, reducer: failing)
        for arrival in batch { single.merge([arrival]) }
        #expect(single.current == merged.current)
        #expect(single.reducerCalls <= 2 * 5_000 + 16 * failures)
        #expect(single.snapshotCount <= 31)
    }

    @Test("G13: an unknown action keeps its place and takes effect there after an upgrade")
    func unknownActions() {
        var history = History(base: [Int](), reducer: list)
        history.insert(1, at: stamp(1))
        history.insert(nil, at: stamp(2))
        history.appendLocal(99)
        history.insert(4, at: stamp(4))
        history.insert(nil, at: stamp(3))
        #expect(history.current == [1, 99, 4])
        #expect(history.unknownCount == 2)
        #expect(history.newest == stamp(4))
        #expect(history.entry(at: stamp(3))?.outcome == .unknown)

        let change = history.updateUnknown { $0 == stamp(3) ? 3 : nil }
        #expect(history.current == [1, 99, 3, 4])
        #expect(change.cause == stamp(3))
        #expect(change.depth == 2)
        #expect(history.unknownCount == 1)
        history.updateUnknown { _ in 2 }
        #expect(history.current == [1, 2, 99, 3, 4])
        #expect(history.updateUnknown { _ in 5 } == HistoryChange())
    }

    @Test("G17: a new reducer recomputes everything from the base")
    func replaceReducer() {
        var history = History(base: [0], reducer: list)
        for time in 1...300 { history.insert(time, at: stamp(time)) }
        let change = history.replaceReducer(
            HistoryReducer { state, action, _ in state[0] += action })
        #expect(history.current == [300 * 301 / 2])
        #expect(history.base == [0])
        #expect(change.reducerCalls == 300)
        history.insert(-1, at: stamp(301))
        #expect(history.current == [300 * 301 / 2 - 1])
    }

    @Test("The state right after a stamp is what the actions up to it fold to")
    func stateAt() {
        var history = History(base: [Int](), reducer: list)
        for time in 1...500 { history.insert(time, at: stamp(2 * time)) }
        for time in [1, 2, 63, 64, 65, 128, 300, 499, 500] {
            #expect(history.state(at: stamp(2 * time)) == Array(1...time))
            #expect(history.contains(stamp(2 * time)))
            #expect(!history.contains(stamp(2 * time + 1)))
        }
        #expect(history.state(at: stamp(3)) == nil)
        #expect(history.entry(at: stamp(3)) == nil)
        #expect(history.reducerCalls == 500)
    }

    @Test("An empty history has its base and nothing else")
    func empty() {
        var history = History(base: [7], reducer: list)
        #expect(history.current == [7])
        #expect(history.newest == nil)
        #expect(history.entries.isEmpty)
        #expect(!history.contains(stamp(1)))
        #expect(history.state(at: stamp(1)) == nil)
        #expect(history.replaceReducer(list) == HistoryChange())
        #expect(history.current == [7])
    }
}
