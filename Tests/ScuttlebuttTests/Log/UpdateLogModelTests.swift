// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite("UpdateLog beside a plain list", .timeLimit(.minutes(20)))
struct UpdateLogModelTests {
    @Test(
        "Appended, removed and inserted below, with tails and of any size, it equals a list",
        arguments: 0..<50 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var log = UpdateLog()
        var held: [Update] = []
        var clocks: [Source: Double] = [:]
        // Some seeds mostly append, so that there are many chunks; some mostly remove.
        let removals = Int.random(in: 0..<9, using: &random)
        let longest = [3, 60, 400, 40_000, 90_000][Int.random(in: 0..<5, using: &random)]
        let sources = ["A", "B", "C"].compactMap { Source($0) }
        for _ in 0..<Int.random(in: 1..<(longest > 400 ? 60 : 1_600), using: &random) {
            let source = sources[Int.random(in: 0..<3, using: &random)]
            switch Int.random(in: 0..<200, using: &random) {
            case 0:
                insert(&log, &held, source, clocks[source] ?? 0, longest, &random)
            case 1..<(10 * removals + 2) where !held.isEmpty:
                let gone = held.remove(at: Int.random(in: 0..<held.count, using: &random))
                if Bool.random(using: &random) {
                    #expect(log.remove(gone.stamp) == gone)
                } else {
                    #expect(log.discard(gone.stamp) == true)
                }
                #expect(log.discard(gone.stamp) == false)
            default:
                let time = (clocks[source] ?? 0) + Double(Int.random(in: 1..<4, using: &random))
                clocks[source] = time
                let update = try #require(made(source, time, longest, &random))
                #expect(log.append(update) == true)
                held.append(update)
            }
        }
        held.sort { $0.stamp < $1.stamp }
        #expect(log.count == held.count)
        #expect(log.byteCount == held.reduce(0) { $0 + $1.byteCount })
        #expect(log.delta(since: VersionVector()) == held)
        for update in held { #expect(log.update(at: update.stamp) == update) }
        for _ in 0..<4 {
            let known = vector(clocks, &random)
            let lacking = held.filter { !known.covers($0.stamp) }
            #expect(log.count(since: known) == lacking.count)
            expectPieces(of: lacking, in: log, since: known, &random)
        }
    }

    /// What is cut by any limit and asked for again is the whole, and no piece exceeds its limit.
    private func expectPieces(
        of lacking: [Update], in log: UpdateLog, since known: VersionVector,
        _ random: inout SplitMix64
    ) {
        var (known, pieces) = (known, [Update]())
        let limit = DeltaLimit(
            updates: Int.random(in: 1..<900, using: &random),
            bytes: Int.random(in: 1..<100_000, using: &random))
        while true {
            let piece = log.delta(since: known, limit: limit)
            guard !piece.isEmpty else { break }
            let byteCount = piece.reduce(0) { $0 + $1.payload.count }
            #expect(piece.count == 1 || byteCount <= limit.bytes)
            #expect(piece.count <= limit.updates)
            for update in piece { known.advance(update.source, to: update.timestamp) }
            pieces += piece
        }
        #expect(pieces == lacking)
    }

    /// Inserts updates of one source among its newer ones.
    private func insert(
        _ log: inout UpdateLog, _ held: inout [Update], _ source: Source, _ clock: Double,
        _ longest: Int, _ random: inout SplitMix64
    ) {
        let first = Double.random(in: 0.5...(clock + 0.5), using: &random)
        let updates = (0..<3).compactMap { number in
            made(source, first + Double(number) / 4, longest, &random)
        }
        let results = log.insert(older: updates, initial: UpdateLog(), wallClock: 0)
        let isNew = updates.map { update in !held.contains { $0.stamp == update.stamp } }
        // Above everything that its source has had, an older one is an ordinary one.
        #expect(results == isNew.map { $0 ? .applied : nil })
        for (update, isNew) in zip(updates, isNew) where isNew { held.append(update) }
    }

    private func made(
        _ source: Source, _ time: Double, _ longest: Int, _ random: inout SplitMix64
    ) -> Update? {
        let count = Int.random(in: 1...longest, using: &random)
        let isSigned = Int.random(in: 0..<3, using: &random) == 0
        let tail = Array(",\(time),\"\(source)\",\"\(random.next())\"]".utf8)
        return Timestamp(time).map {
            Update(
                payload: Array(repeating: UInt8(ascii: "7"), count: count), timestamp: $0,
                source: source, tail: isSigned ? tail : nil)
        }
    }

    private func vector(
        _ clocks: [Source: Double], _ random: inout SplitMix64
    ) -> VersionVector {
        var known = VersionVector()
        for (source, time) in clocks.sorted(by: { $0.key < $1.key }) {
            guard Bool.random(using: &random),
                let seen = Timestamp(Double.random(in: 0.1...time, using: &random))
            else { continue }
            known.advance(source, to: seen)
        }
        return known
    }
}
