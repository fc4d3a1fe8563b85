// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct UpdateLogTests {
    @Test func `an older or equal timestamp of a source changes nothing`() {
        var log = UpdateLog()
        #expect(log.append(update("A", 5)) == true)
        #expect(log.append(update("A", 5)) == false)
        #expect(log.append(update("A", 4)) == false)
        #expect(log.append(update("B", 4)) == true)
        #expect(log.count == 2)
        #expect(log.vector.description == "A@5 B@4")
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `a delta is what the vector lacks, in agreed order`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var log = UpdateLog()
        var all: [Update] = []
        var clock = 0.0
        for _ in 0..<300 {
            clock += Double(Int.random(in: 0...2, using: &random))
            let next = update(["A", "B", "C"].randomElement(using: &random) ?? "A", clock + 1)
            if log.append(next) { all.append(next) }
        }
        var known = VersionVector()
        for next in all where Bool.random(using: &random) {
            known.advance(next.source, to: next.timestamp)
        }
        let expected = all.filter { !known.covers($0.stamp) }.sorted { $0.stamp < $1.stamp }
        #expect(log.delta(since: known) == expected)

        // Cut into pieces it is the same, and each piece is a prefix for every source.
        var pieces: [Update] = []
        var vector = known
        while true {
            let piece = log.delta(since: vector, limit: DeltaLimit(updates: 7, bytes: 100))
            if piece.isEmpty { break }
            for next in piece { vector.advance(next.source, to: next.timestamp) }
            pieces += piece
        }
        #expect(pieces == expected)
    }

    @Test func `a single update above the byte limit still goes, alone`() {
        var log = UpdateLog()
        log.append(update("A", 1, String(repeating: "x", count: 1_000)))
        log.append(update("A", 2))
        #expect(log.delta(since: VersionVector(), limit: DeltaLimit(bytes: 10)).count == 1)
    }

    @Test func `updates are found by stamp and counted after a timestamp across chunks`() throws {
        var log = UpdateLog()
        for time in 1...5_000 { log.append(update("A", Double(2 * time))) }
        let found = log.update(at: update("A", 4_098).stamp)
        #expect(found == update("A", 4_098))
        #expect(log.update(at: update("A", 4_099).stamp) == nil)
        #expect(log.count(since: try #require(VersionVector("A@9990"))) == 5)
        #expect(log.count(since: VersionVector()) == 5_000)
        #expect(log.count(since: try #require(VersionVector("A@10000 B@1"))) == 0)
    }

    @Test(arguments: [1, 1_023, 1_024, 1_025, 3_000])
    func `older updates of a source are inserted below its newer ones`(newer: Int) throws {
        var log = UpdateLog()
        log.append(update("B", 7))
        for time in 1...2_000 { log.append(update("A", Double(time))) }
        let late = (0..<newer).map { update("A", 10_000 + Double($0), "\($0)") }
        for update in late { log.append(update) }
        let own = update("A", 2_001)
        let tailed = Update(
            payload: own.payload, timestamp: own.timestamp, source: own.source,
            tail: Array(", 2001,\"A\",1]".utf8))
        let again = update("A", 10_000, "other")
        let results = log.insert(
            older: [tailed, update("A", 2_002), again], initial: UpdateLog(), wallClock: 0)
        #expect(results == [.applied, .applied, nil])
        let ordered = log.delta(since: VersionVector()).filter { $0.source == own.source }
        #expect(ordered.count == 2_002 + newer)
        #expect(ordered[2_000] == tailed)
        #expect(Array(ordered[2_002...]) == late)
        #expect(log.update(at: again.stamp) == late[0])
        #expect(log.byteCount == log.delta(since: VersionVector()).reduce(0) { $0 + $1.byteCount })
        #expect(log.count == ordered.count + 1)
    }
}
