// SPDX-License-Identifier: MIT

import Testing

@testable import ScuttlebuttSimulation

@Suite(.timeLimit(.minutes(20))) struct EventQueueTests {
    @Test(arguments: UInt64(0)..<50)
    func `what is due first comes first, and of that what was added first`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = EventQueue<Int>()
        // Everything that waits, in the order of its adding.
        var waiting: [(due: Int64, event: Int)] = []
        var time: Int64 = 0
        var added = 0
        for _ in 0..<500 {
            // Mostly at once; a long moment, in which there is always something left, is one case.
            for _ in 0..<random.below(3) {
                let due = time + Int64(random.chance(60) ? 0 : random.below(4))
                queue.add(added, due: due)
                waiting.append((due, added))
                added += 1
            }
            #expect(queue.isEmpty == waiting.isEmpty)
            #expect(queue.nextDue == waiting.map(\.due).min())
            guard let first = waiting.indices.min(by: { waiting[$0].due < waiting[$1].due }) else {
                #expect(queue.removeFirst() == nil)
                continue
            }
            let expected = waiting.remove(at: first)
            let found = queue.removeFirst()
            #expect(found?.due == expected.due)
            #expect(found?.event == expected.event)
            time = expected.due
        }
    }
}
