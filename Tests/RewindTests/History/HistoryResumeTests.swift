// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct HistoryResumeTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `G8 G22 a copy that resumes what the other took ends as the other with the batch`(
        seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        let failEvery = seed % 2 == 0 ? nil : 5
        var live = History(
            base: Tally(), reducer: Tally.reducer(failEvery: failEvery), spacing: 4)
        func act(_ number: Int) -> HistoryEntry<Int> {
            if random.below(3) == 0 {
                let recorded = HistoryEntry(local: number, anchor: live.newest)
                live.appendLocal(number)
                return recorded
            }
            let stamp = stamp(random.below(60) + 1, ["a", "b"][random.below(2)])
            live.insert(number, at: stamp)
            return HistoryEntry(number, at: stamp)
        }
        for number in 0..<random.below(40) { _ = act(number) }
        var copy = live
        let batch = (0..<30).map {
            HistoryEntry<Int>(1_000 + $0, at: stamp(random.below(60) + 1, "c"))
        }
        copy.merge(batch)
        let recorded = (0..<random.below(40)).map { act(100 + $0) }
        let middle = random.below(recorded.count + 1)
        copy.merge(Array(recorded[..<middle]))
        copy.merge(Array(recorded[middle...]))
        live.merge(batch)
        #expect(copy.current == live.current)
        #expect(copy.localCount == live.localCount)
        #expect(copy.entries.map(\.action) == live.entries.map(\.action))
        #expect(copy.entries.map(\.outcome) == live.entries.map(\.outcome))
    }
}
