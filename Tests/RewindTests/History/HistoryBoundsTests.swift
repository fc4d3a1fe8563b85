// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization
import TestSupport
import Testing

@testable import Rewind

@Suite("Cost of a history", .timeLimit(.minutes(20)))
struct HistoryBoundsTests {
    let sum = HistoryReducer<Int, Int> { state, action, _ in state &+= action }

    /// Entries at the even times up to `2 * count`, so that odd ones can come late.
    func evenHistory(_ count: Int) -> History<Int, Int> {
        var history = History(base: 0, reducer: sum)
        for time in 1...count { history.insert(1, at: stamp(2 * time)) }
        return history
    }

    /// Calls for one action with `depth` entries after it.
    func lateCalls(_ history: History<Int, Int>, depth: Int) -> Int {
        var history = history
        let count = history.entries.count
        guard let previous = history.entries[count - depth - 1].stamp else { return .max }
        let late = Stamp(timestamp: previous.timestamp, source: stamp(1, "z").source)
        let change = history.insert(1, at: late)
        #expect(change.depth == depth)
        #expect(history.current == history.entries.count)
        history.expectLadderInvariant()
        return change.reducerCalls
    }

    @Test("G4: one late action at depth d costs at most 2d + 64 calls, for every d up to 5,000")
    func everyDepth() {
        for head in [9_937, 9_999, 10_000] {
            let history = evenHistory(head)
            for depth in 1...5_000 {
                let calls = head - history.ladder.nearest(to: head - depth).index + 1
                #expect(calls <= 2 * depth + 64)
            }
            for depth in Array(1...66) + stride(from: 67, through: 5_000, by: 449) {
                let calls = lateCalls(history, depth: depth)
                #expect(calls == head - history.ladder.nearest(to: head - depth).index + 1)
            }
        }
    }

    @Test("G4: a million actions keep at most 48 snapshots and the same bound")
    func aMillion() {
        var ladder = SnapshotLadder(base: 0, spacing: 64)
        for head in 1...1_000_000 where head >= ladder.due {
            ladder.record(head, atHead: head)
            #expect(ladder.rungs.count <= 31)
        }
        let history = evenHistory(1_000_000)
        #expect(history.snapshotCount == ladder.rungs.count)
        #expect(history.snapshotCount <= 48)
        #expect(history.reducerCalls == 1_000_000)
        history.expectLadderInvariant()
        var depth = 1
        while depth < 1_000_000 {
            let calls = 1_000_000 - ladder.nearest(to: 1_000_000 - depth).index + 1
            #expect(calls <= 2 * depth + 64)
            depth += 1 + depth / 100
        }
        for depth in [1, 64, 1_000, 30_000] {
            #expect(lateCalls(history, depth: depth) <= 2 * depth + 64)
        }
    }

    @Test(
        "G4: the bounds hold through random sequences of late actions and batches",
        arguments: UInt64(0)..<30)
    func randomSequences(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let spacing = [1, 2, 10, 64, 65][random.below(5)]
        var history = History(base: 0, reducer: sum, spacing: spacing)
        var clock = 0
        for _ in 0..<60 {
            if random.below(3) == 0 {
                for _ in 0..<random.below(200) {
                    clock += 1_000
                    history.insert(1, at: stamp(clock))
                }
            }
            let reach = max(1, clock >> random.below(14))
            let batch = (0..<[1, 1, 1, 40][random.below(4)]).map { _ in
                HistoryEntry(1, at: stamp(max(1, clock - random.below(reach)), "b"))
            }
            let change = history.merge(batch)
            clock = max(clock, Int(history.newest?.timestamp.value ?? 0))
            #expect(change.reducerCalls <= change.inserted + 2 * change.depth + spacing)
            if change.inserted == 1, change.depth > 0 {
                #expect(change.reducerCalls <= 2 * change.depth + spacing)
            }
            #expect(history.current == history.entries.count)
            history.expectLadderInvariant()
        }
    }

    @Test("G4: healing 10,000 and 10,000 actions is one rewind of at most 20,064 calls")
    func heal() {
        let mine = evenHistory(10_000)
        let theirs = (1...10_000).map { HistoryEntry(1, at: stamp(2 * $0 - 1, "b")) }
        var random = SplitMix64(seed: 1)
        for batch in [theirs, theirs.shuffled(using: &random)] {
            var history = mine
            let change = history.merge(batch)
            #expect(change.reducerCalls <= 20_064)
            #expect(change.inserted == 10_000)
            #expect(history.current == 20_000)
            #expect(history.snapshotCount <= 31)
            history.expectLadderInvariant()
        }
    }

    @Test("G4: after a long common history healing has no run-up where a snapshot was kept")
    func healAfterCommonHistory() {
        var history = evenHistory(7_003)
        history.keepSnapshotAtHead()
        history.keepSnapshotAtHead()
        for time in 7_004...17_003 { history.insert(1, at: stamp(2 * time)) }
        history.expectLadderInvariant()
        #expect(history.snapshotCount <= 32)
        let theirs = (7_004...17_003).map {
            HistoryEntry(1, at: stamp(2 * $0 - 1, "b"))
        }
        let change = history.merge(theirs)
        #expect(change.reducerCalls == 20_000)
        #expect(history.current == 27_003)
        history.expectLadderInvariant()

        // A rewind to before the kept snapshot drops it.
        #expect(lateCalls(history, depth: 25_000) <= 50_064)
    }

    @Test("A state is copied once per 64 actions in order, and few copies live")
    func copiesInOrder() {
        let log = CopyLog()
        let reducer = HistoryReducer<CountedList, Int> { state, action, _ in state.append(action) }
        var history = History(base: CountedList(log), reducer: reducer)
        for time in 1...6_400 { history.insert(time, at: stamp(2 * time)) }
        #expect(log.copies <= 101)
        #expect(log.live <= history.snapshotCount + 1)
        #expect(history.current.box.values.count == 6_400)

        // A replay copies only for the snapshots that stay.
        let before = log.copies
        history.merge((1...3_000).map { HistoryEntry(0, at: stamp(2 * $0 + 1)) })
        #expect(log.copies - before <= 16)
        #expect(log.live <= history.snapshotCount + 1)
        #expect(history.current.box.values.count == 9_400)
    }

    @Test("Two copies of a history change without seeing each other")
    func copiesAreIndependent() {
        let list = HistoryReducer<[Int], Int> { state, action, _ in state.append(action) }
        var left = History(base: [Int](), reducer: list)
        for time in 1...1_100 { left.insert(time, at: stamp(10 * time)) }
        let origin = left
        var right = left
        left.insert(-1, at: stamp(5))
        left.insert(-2, at: stamp(99_999))
        right.appendLocal(-3)
        right.merge([HistoryEntry(-4, at: stamp(10_995))])
        #expect(origin.current == Array(1...1_100))
        #expect(left.current == [-1] + Array(1...1_100) + [-2])
        #expect(right.current == Array(1...1_099) + [-4, 1_100, -3])
        #expect(origin.entries.compactMap(\.action) == Array(1...1_100))
        #expect(right.gossipedCount == 1_101)
        for history in [origin, left, right] { history.expectLadderInvariant() }
    }
}

/// Counts the copies of the lists that share it.
final class CopyLog: Sendable {
    private let copyCount = Atomic(0)
    private let liveCount = Atomic(0)

    var copies: Int { copyCount.load(ordering: .relaxed) }
    var live: Int { liveCount.load(ordering: .relaxed) }

    func copied() { copyCount.add(1, ordering: .relaxed) }
    func changeLive(by amount: Int) { liveCount.add(amount, ordering: .relaxed) }
}

/// A list with copy-on-write storage that reports each copy.
struct CountedList {
    final class Box {
        var values: [Int]
        let log: CopyLog

        init(_ values: [Int], _ log: CopyLog) {
            self.values = values
            self.log = log
            log.changeLive(by: 1)
        }

        deinit { log.changeLive(by: -1) }
    }

    var box: Box

    init(_ log: CopyLog) { box = Box([], log) }

    mutating func append(_ value: Int) {
        if !isKnownUniquelyReferenced(&box) {
            box.log.copied()
            box = Box(box.values, box.log)
        }
        box.values.append(value)
    }
}
