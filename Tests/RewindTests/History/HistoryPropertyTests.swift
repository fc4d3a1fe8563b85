// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import Rewind

@Suite("History against sorting and folding from scratch", .timeLimit(.minutes(20)))
struct HistoryPropertyTests {
    static let sources = ["a", "b", "\u{FF5E}", "\u{1F600}"]

    @Test(
        "G2, G3, G21: any sequence of changes gives what the whole log in order gives",
        arguments: UInt64(0)..<240)
    func equalsTheModel(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let spacing = [1, 2, 3, 7, 16, 64][random.below(6)]
        var model = HistoryModel(failEvery: [nil, 2, 5, 17][random.below(4)])
        var history = History(
            base: Tally(), reducer: Tally.reducer(failEvery: model.failEvery), spacing: spacing)
        let span = [30, 400, 3_000][random.below(3)]
        var clock = 1

        for step in 0..<30 {
            let callsBefore = history.reducerCalls
            var change = HistoryChange()
            switch random.below(10) {
            case 0, 1, 2:
                clock += 1 + random.below(5)
                let at = stamp(clock, Self.sources[random.below(4)])
                let action = random.below(100)
                change = history.insert(action, at: at)
                #expect(model.insert(action, at: at) == (change.inserted == 1))
            case 3, 4, 5, 6:
                let batch = (0..<random.below(40)).map { _ in
                    HistoryEntry(
                        random.below(9) == 0 ? nil : random.below(100),
                        at: stamp(1 + random.below(span), Self.sources[random.below(4)]))
                }
                change = history.merge(batch)
                let kept = batch.count { entry in
                    entry.stamp.map { model.insert(entry.action, at: $0) } ?? false
                }
                #expect(change.inserted == kept)
                #expect(change.duplicates.count == batch.count - kept)
                #expect(change.duplicates == change.duplicates.sorted())
                clock = max(clock, Int(history.newest?.timestamp.value ?? 0))
            case 7, 8:
                if random.below(4) == 0 { history.keepSnapshotAtHead() }
                let action = random.below(100)
                change = history.appendLocal(action)
                model.appendLocal(action)
            default:
                if random.below(2) == 0 {
                    model.failEvery = [nil, 2, 5, 17][random.below(4)]
                    change = history.replaceReducer(Tally.reducer(failEvery: model.failEvery))
                } else {
                    let decoded = { (at: Stamp) in
                        Int(at.timestamp.value) % 3 == 0 ? 1_000 + Int(at.timestamp.value) : nil
                    }
                    change = history.updateUnknown(decoded)
                    for index in model.items.indices where model.items[index].action == nil {
                        model.items[index].action = model.items[index].anchor.flatMap(decoded)
                    }
                }
            }
            #expect(history.reducerCalls - callsBefore == change.reducerCalls)
            if model.failEvery == nil {
                let bound = change.inserted + 2 * change.depth + spacing
                #expect(change.reducerCalls <= bound)
            }
            // The hash in the state tells of every action and its place; the rest can wait.
            expectSame(history, model, inDetail: step % 6 == 5)
            history.expectLadderInvariant()
        }
    }

    func expectSame(_ history: History<Tally, Int>, _ model: HistoryModel, inDetail: Bool) {
        let ordered = model.ordered
        let (state, outcomes) = model.fold(ordered)
        #expect(history.current == state)
        guard inDetail else { return }
        #expect(history.entries.map(\.outcome) == outcomes)
        #expect(history.entries.map(\.anchor) == ordered.map(\.anchor))
        #expect(history.entries.map(\.isLocal) == ordered.map { $0.localSequence != 0 })
        #expect(history.entries.map(\.action) == ordered.map(\.action))
        #expect(history.newest == model.newest)
        #expect(history.unknownCount == ordered.filter { $0.action == nil }.count)
        #expect(history.gossipedCount == ordered.filter { $0.localSequence == 0 }.count)
    }

    @Test(
        "G2: peers that get the same actions in other orders and batches agree",
        arguments: UInt64(0)..<50)
    func peersAgree(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 1_000)
        let log = (0..<600).map { index in
            HistoryEntry(random.below(100), at: stamp(1 + index / 3, Self.sources[index % 3]))
        }
        let states = (0..<4).map { _ in
            var history = History(base: Tally(), reducer: Tally.reducer(failEvery: 9))
            var rest = log.shuffled(using: &random)
            while !rest.isEmpty {
                let count = min(rest.count, 1 + random.below(80))
                history.merge(Array(rest.prefix(count)) + [log[random.below(log.count)]])
                rest.removeFirst(count)
            }
            return history.current
        }
        #expect(Set(states.map(\.hash)).count == 1)
    }
}

extension History {
    /// The invariant of ``SnapshotLadder``.
    func expectLadderInvariant(_ location: SourceLocation = #_sourceLocation) {
        let head = storage.count
        let spacing = ladder.spacing
        let distances = ladder.rungs.map { head - $0.index }.reversed()
        var nearer: Int?
        for distance in distances {
            if let nearer {
                #expect(distance > nearer, sourceLocation: location)
                #expect(distance <= 2 * nearer + spacing, sourceLocation: location)
            } else {
                #expect(distance < spacing, sourceLocation: location)
            }
            nearer = distance
        }
        #expect(nearer == head, "the base stays", sourceLocation: location)
        #expect(ladder.due > head, sourceLocation: location)
        let sizes = storage.chunks.map(\.entries.count)
        #expect(sizes.dropLast().allSatisfy { $0 == 512 }, sourceLocation: location)
        #expect(sizes.reduce(0, +) == head, sourceLocation: location)
        for chunk in storage.chunks {
            let held = chunk.actions.count { $0 != nil }
            #expect(chunk.heldCount == held, sourceLocation: location)
        }
    }
}
