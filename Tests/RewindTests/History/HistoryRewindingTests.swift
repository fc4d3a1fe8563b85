// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import Rewind

@Suite("A history that is replayed in parts", .timeLimit(.minutes(20)))
struct HistoryRewindingTests {
    static let sources = ["a", "b", "\u{FF5E}", "\u{1F600}"]

    @Test(
        "what was taken out and is merged in parts gives the state of one merge",
        arguments: UInt64(0)..<60)
    func equalsTheModel(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let failEvery = [nil, 2, 5][random.below(3)]
        let spacing = [1, 2, 7, 64][random.below(4)]
        var model = HistoryModel(failEvery: failEvery)
        var history = History(
            base: Tally(), reducer: Tally.reducer(failEvery: failEvery), spacing: spacing)
        for _ in 0..<30 {
            if random.below(4) == 0 {
                let action = random.below(100)
                history.appendLocal(action)
                model.appendLocal(action)
            }
            let late = stamp(1 + random.below(300), Self.sources[random.below(4)])
            guard !history.contains(late) else { continue }
            let calls = history.reducerCalls
            let before = (history.gossipedCount, history.localCount, history.unknownCount)
            var taken = history.rewind(before: random.below(20) == 0 ? nil : late)
            #expect(history.reducerCalls == calls, "nothing is folded")
            let locals = taken.count(where: \.isLocal)
            let unknown = taken.count { !$0.isLocal && $0.action == nil }
            #expect(history.gossipedCount == before.0 - (taken.count - locals))
            #expect(history.localCount == before.1 - locals)
            #expect(history.unknownCount == before.2 - unknown)

            let action = random.below(9) == 0 ? nil : random.below(100)
            let entry = HistoryEntry(action, at: late)
            let place = taken.firstIndex { $0.anchorStamp.map { late < $0 } ?? false }
            taken.insert(entry, at: place ?? taken.count)
            while !taken.isEmpty {
                let part = Array(taken.prefix(1 + random.below(9)))
                taken.removeFirst(part.count)
                history.merge(part)
            }
            _ = model.insert(action, at: late)
            #expect(history.current == model.fold(model.ordered).state)
        }
    }
}
