// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@testable import ScuttlebuttModels

@Suite("The laws of a replicated array", .timeLimit(.minutes(20)))
struct ReplicatedArrayLawTests {
    @Test("Every delivery order, with repetitions, leads to the same", arguments: UInt64(0)..<200)
    func convergence(seed: UInt64) {
        var world = ArrayWorld(seed: seed)
        world.run(60)
        var model = ArrayModel()
        for update in world.updates { model.apply(update) }
        for _ in 0..<4 {
            var array = ReplicatedArray<String>(source: source("A"))
            for update in world.delivery() { #expect(array.apply(update) == .applied) }
            #expect(array.dumpText == model.dump)
            #expect(array.keys == model.items.map { $0.key })
            #expect(array.history(since: VersionVector()) == model.history)
            #expect(array.retainedByteCount == model.history.reduce(0) { $0 + $1.byteCount })
        }
    }

    @Test("Writers that have heard everything hold the same", arguments: UInt64(0)..<200)
    func writers(seed: UInt64) {
        var world = ArrayWorld(seed: seed)
        world.run(40)
        let dumps = world.arrays.map { array in
            var array = array
            for update in world.updates { array.apply(update) }
            return array.dumpText
        }
        #expect(Set(dumps).count == 1)
    }

    @Test("What is retained is enough for a newcomer", arguments: UInt64(0)..<200)
    func history(seed: UInt64) {
        var world = ArrayWorld(seed: seed)
        world.run(50)
        var array = ReplicatedArray<String>(source: source("A"))
        var late = ReplicatedArray<String>(source: source("B"))
        var known = VersionVector()
        for (index, update) in world.updates.enumerated() {
            array.apply(update)
            guard index < 25 else { continue }
            late.apply(update)
            known.advance(update.source, to: update.timestamp)
        }
        for update in array.history(since: known) { late.apply(update) }
        #expect(late.dumpText == array.dumpText)
        var fresh = ReplicatedArray<String>(source: source("C"))
        for update in array.history(since: VersionVector()) { fresh.apply(update) }
        #expect(fresh.dumpText == array.dumpText)
        #expect(fresh.history(since: VersionVector()) == array.history(since: VersionVector()))
    }

    @Test("Following the changes gives the array", arguments: UInt64(0)..<200)
    func changes(seed: UInt64) {
        var world = ArrayWorld(seed: seed)
        world.run(60)
        var array = ReplicatedArray<String>(source: source("A"))
        var mirror: [(key: PropertyKey, item: [UInt8])] = []
        for update in world.delivery() {
            var changes: [ArrayChange]? = []
            #expect(array.apply(update, changes: &changes) == .applied)
            for change in changes ?? [] {
                #expect(change.stamp == update.stamp)
                switch (change.old, change.new) {
                case (nil, let new?):
                    mirror.insert((change.key, new), at: change.index)
                case (let old?, let new?):
                    #expect(mirror[change.index] == (change.key, old))
                    mirror[change.index].item = new
                case (let old?, nil):
                    #expect(mirror.remove(at: change.index) == (change.key, old))
                case (nil, nil):
                    Issue.record("a change of nothing")
                }
            }
        }
        #expect(mirror.map { $0.key } == array.keys)
        #expect(mirror.map { $0.item } == array.indices.map { array.rawValue(at: $0) })
    }
}
