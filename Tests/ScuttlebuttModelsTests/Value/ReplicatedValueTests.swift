// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedValue", .timeLimit(.minutes(20)))
struct ReplicatedValueTests {
    private static func payload(_ random: inout SplitMix64) -> String {
        ["1", "null", "\"x\"", "{\"y\": [2]}"].randomElement(using: &random) ?? ""
    }

    @Test("Any order of delivery ends alike, with any length of history", arguments: 0..<200)
    func laws(seed: UInt64) {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        for length in [1, 2, 5, 100] {
            expectLaws(seed: seed, history) { ReplicatedValue<JSONValue>(historyLength: length) }
        }
    }

    @Test("The newest writes stay readable, newest first", arguments: 0..<200)
    func reference(seed: UInt64) {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        var random = SplitMix64(seed: seed)
        var value = ReplicatedValue<JSONValue>(historyLength: 3)
        for update in history.delivery(using: &random) { value.apply(update) }
        let newest = history.agreed.reversed().prefix(3)
        #expect(value.rawPast.map(\.stamp) == newest.map(\.stamp))
        #expect(value.rawPast.map(\.value) == newest.map(\.payload))
        #expect(value.rawValue == newest.first?.payload)
        #expect(value.stamp == newest.first?.stamp)
    }

    @Test("Peers with histories of different lengths agree on the value")
    func differentLengths() {
        var (short, long) = (ReplicatedValue<Int>(), ReplicatedValue<Int>(historyLength: 8))
        for write in [update("A", 3, "3"), update("B", 1, "1"), update("B", 2, "2")] {
            short.apply(write)
            long.apply(write)
        }
        #expect(short.value == 3)
        #expect(long.value == 3)
        #expect(short.past == [3])
        #expect(long.past == [3, 2, 1])
        #expect(ReplicatedValue<Int>(historyLength: -5).historyLength == 1)
    }

    @Test("Q5: between equal timestamps the source decides")
    func ties() {
        for order in [["A", "B"], ["B", "A"]] {
            var value = ReplicatedValue<String>()
            for name in order { value.apply(update(name, 5, "\"\(name)\"")) }
            #expect(value.value == "B")
        }
    }

    @Test("Exports null before anything was written, and JSON null as it is")
    func export() throws {
        #expect(dumpText(ReplicatedValue<Int>()) == "null")
        let value = written(ReplicatedValue<Int>(), "null")
        #expect(value.value == nil)
        #expect(value.rawValue == Array("null".utf8))
        #expect(dumpText(written(value, "[2]")) == "null")
        #expect(try value.makeSet(5) == Array("5".utf8))
        #expect(throws: EncodingError.self) {
            try ReplicatedValue<Double>().makeSet(.infinity)
        }
        expectNoTraps(ReplicatedValue<JSONValue>())
    }

    @Test("Changes tell old and new; a write that loses tells nothing")
    func changes() {
        var value = ReplicatedValue<Int>(historyLength: 5)
        var changes: [ValueChange<Int>]? = []
        _ = value.apply(update("A", 2, "1"), changes: &changes)
        _ = value.apply(update("B", 1, "9"), changes: &changes)
        _ = value.apply(update("B", 3, "\"t\""), changes: &changes)
        #expect(changes?.map(\.oldValue) == [nil, 1])
        #expect(changes?.map(\.value) == [1, nil])
    }
}
