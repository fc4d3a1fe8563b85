// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import Rewind

@Suite("A history that is folded again from below what came late", .timeLimit(.minutes(20)))
struct RefoldingTests {
    private let history = History<[Int], Int>(
        base: [],
        reducer: HistoryReducer(reporting: { state, action, _ in
            state.append(action)
            return .applied
        }), spacing: 1)

    private func update(_ number: Int) -> Update {
        let stamp = stamp(number, "a")
        return Update(
            payload: Array("\(number)".utf8), timestamp: stamp.timestamp, source: stamp.source)
    }

    private func entry(_ number: Int) -> HistoryEntry<Int> {
        HistoryEntry(number, at: stamp(number, "a"))
    }

    /// Folds again with what the log has; returns `nil` if something is missing in it.
    private func replay(
        _ old: History<[Int], Int>, _ log: [Int], page size: Int = 4, keeping count: Int = 2
    ) -> History<[Int], Int>? {
        var refolding = Refolding(replacing: old, from: old.restarted(at: []))
        while refolding.readsLog {
            let page = log.map { update($0) }.filter { update in
                refolding.cursor.map { $0 < update.stamp } ?? true
            }.prefix(size)
            let part = refolding.part(of: Array(page))
            guard let last = part.last?.stamp else { break }
            refolding.add(
                part.map { entry(Int($0.timestamp.value)) }, through: last
            ) { $0.merge($1) }
            refolding.trim(keeping: count)
            if part.count < page.count { break }
        }
        refolding.finishLog()
        while refolding.addRetained(limit: size, merge: { $0.merge($1) }) {}
        return refolding.missing() == nil ? refolding.fresh : nil
    }

    @Test("What was read ahead of its arrival is not missing when it comes")
    func readAhead() throws {
        var live = history
        live.merge([1, 2, 4, 6, 7, 8, 9, 10].map { entry($0) })
        live.trim(keeping: 2)
        live.merge([entry(3)])
        #expect(live.stragglers.count == 1)
        // The log has 5 already, which is folded only after the replay.
        live = try #require(replay(live, Array(1...10)))
        #expect(live.current == Array(1...10))
        #expect(live.readAhead == 1)
        live.trim(keeping: 1)
        live.merge([entry(5)])
        #expect(live.stragglers.count == 1)
        live = try #require(replay(live, Array(1...10)))
        #expect(live.current == Array(1...10))
        #expect(live.readAhead == 0 && live.stragglers.isEmpty)
    }

    @Test("An action that the log has lost is noticed", arguments: [1, 3, 5, 6])
    func lost(number: Int) {
        var live = history
        live.merge((1...10).filter { $0 != 3 }.map { entry($0) })
        live.trim(keeping: 2)
        live.merge([entry(3)])
        #expect(replay(live, Array(1...10)) != nil)
        #expect(replay(live, (1...10).filter { $0 != number }) == nil)
    }

    @Test("Local-only actions keep their places, however the pages are cut", arguments: 1...6)
    func localOnly(size: Int) throws {
        var live = history
        for number in [1, 2, 4, 5] {
            live.merge([entry(number)])
            live.appendLocal(100 + number)
        }
        live.merge((6...10).map { entry($0) })
        live.trim(keeping: 1)
        live.merge([entry(3)])
        live = try #require(replay(live, Array(1...10), page: size))
        #expect(live.current == [1, 101, 2, 102, 3, 4, 104, 5, 105, 6, 7, 8, 9, 10])
        #expect(live.localCount == 4)
    }
}
