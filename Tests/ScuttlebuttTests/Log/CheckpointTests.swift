// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite("A checkpoint and the log that it describes", .timeLimit(.minutes(20)))
struct CheckpointTests {
    /// A hash that shows what was added.
    private struct Names: LogHashing {
        private(set) var bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }
        mutating func add(_ update: Update) { bytes += update.source.utf8 }
    }

    private let log = [
        update("a", 1), update("b", 1), update("a", 2), update("c", 3), update("b", 4),
    ]

    private func checkpoint(_ count: Int) -> StoredCheckpoint {
        var tail = LogTail<Names>(after: nil)
        tail.add(Array(log.prefix(count)))
        return tail.checkpoint(
            at: log[count - 1].stamp, reducerVersion: "1", stateHash: [7, 7], stateByteCount: 3)
    }

    @Test("A log that is continued after a checkpoint is described as if it were read at once")
    func continued() {
        for count in 1..<log.count {
            var tail = LogTail<Names>(after: checkpoint(count))
            #expect(tail.cursor == log[count - 1].stamp)
            tail.add(Array(log.dropFirst(count)))
            let whole = tail.checkpoint(
                at: log[4].stamp, reducerVersion: "1", stateHash: [7, 7], stateByteCount: 3)
            #expect(whole == checkpoint(5))
            #expect(tail.readCount == log.count - count)
        }
    }

    @Test("Candidates are the checkpoints that do not contain the stamp, the newest first")
    func candidates() {
        let stored = [checkpoint(5), checkpoint(1), checkpoint(3)]
        #expect(stored.candidates(below: nil).map(\.count) == [5, 3, 1])
        #expect(stored.candidates(below: log[2].stamp).map(\.count) == [1])
        #expect(stored.candidates(below: log[3].stamp).map(\.count) == [3, 1])
        #expect(stored.candidates(below: log[0].stamp).isEmpty)
        #expect(checkpoint(3).covers(log[2].stamp) && !checkpoint(3).covers(log[3].stamp))
    }

    @Test("A state is taken for the stored one only if its size and its hash match")
    func matches() {
        let checkpoint = checkpoint(2)
        #expect(checkpoint.matches([1, 2, 3], hash: [7, 7]))
        #expect(!checkpoint.matches([1, 2], hash: [7, 7]))
        #expect(!checkpoint.matches([1, 2, 3], hash: [7, 8]))
    }

    @Test("After an attempt the next checkpoint is due as late as it is worth while")
    func schedule() {
        var schedule = CheckpointSchedule(interval: 100, distance: 10, startingAt: 500)
        #expect(!schedule.isDue(at: 599) && schedule.isDue(at: 600))
        schedule.noteMisfit(at: 600)
        #expect(!schedule.isDue(at: 663) && schedule.isDue(at: 664))
        schedule.noteFailed(at: 664)
        #expect(!schedule.isDue(at: 763) && schedule.isDue(at: 764))
        schedule.noteFiled(754, actionsPerState: 3_000)
        #expect(!schedule.isDue(at: 3_763) && schedule.isDue(at: 3_764))
        schedule.noteRebuilt()
        #expect(schedule.isDue(at: 0))
    }

    @Test(
        "A store that starts folds what is above its checkpoint, and keeps what is above the floor",
        arguments: [nil, 1, 3], [nil, 2, 4])
    func restoration(folded: Int?, floor: Int?) {
        var restoration = LogRestoration(
            folded: folded.map { log[$0].stamp }, floor: floor.map { log[$0].stamp },
            byteLimit: .max)
        var unfolded: [Update] = []
        let page = restoration.start.map { start in log.filter { start < $0.stamp } } ?? log
        for update in page {
            unfolded += restoration.unfolded(of: [update])
            restoration.add([update])
        }
        #expect(unfolded == Array(log.dropFirst(folded.map { $0 + 1 } ?? 0)))
        let sources = [(2, 2), (4, 2), (3, 1)].map { place, count in
            UpdateLog.StoredSource(newest: log[place].stamp, count: count)
        }
        let restored = restoration.log(sources)
        #expect(restored.count == log.count)
        #expect(
            restored.delta(since: VersionVector())
                == Array(log.dropFirst(floor.map { $0 + 1 } ?? 0)))
    }

    @Test("Of large updates the newest stay in memory, at least one")
    func largeUpdates() {
        let large = (1...8).map { update("a", Double($0), String(repeating: "x", count: 100)) }
        var restoration = LogRestoration(folded: nil, floor: nil, byteLimit: 250)
        for update in large { restoration.add([update]) }
        let source = UpdateLog.StoredSource(newest: large[7].stamp, count: 8)
        let restored = restoration.log([source])
        #expect(restored.count == 8)
        #expect((1...2).contains(restored.memoryCount))
        #expect(restored.delta(since: VersionVector()).last == large[7])
    }
}
