// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import Scuttlebutt

@Suite("UpdateLog, in chunks", .timeLimit(.minutes(20)))
struct UpdateLogChunkTests {
    @Test(
        "Small, large and signed updates, removed or inserted below others, equal a plain list",
        arguments: 0..<8 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let sources = ["A", "B", "C"].compactMap { Source($0) }
        // What is removed may not be inserted again, so a log has only one of them happen to it.
        let removes = seed % 2 == 0
        let sizes = [0..<1, 0..<40, 100..<300, 3_000..<9_000][Int(seed / 2 % 4)]
        var log = UpdateLog()
        var held: [Update] = []
        var clocks = [0, 0, 0]
        func made(_ source: Int, _ time: Int) throws -> Update {
            let isLarge = Int.random(in: 0..<100, using: &random) == 0
            let size = Int.random(in: isLarge ? 60_000..<140_000 : sizes, using: &random)
            let isSigned = Int.random(in: 0..<3, using: &random) == 0
            return Update(
                payload: Array(repeating: UInt8(truncatingIfNeeded: time), count: size),
                timestamp: try #require(Timestamp(Double(time))), source: sources[source],
                tail: isSigned ? Array(",\(time),\"s\",\(size)]".utf8) : nil)
        }
        for step in 0..<1_200 {
            let source = Int.random(in: 0..<3, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                for _ in 0..<Int.random(in: 1..<12, using: &random) {
                    clocks[source] += 2
                    let update = try made(source, clocks[source])
                    #expect(log.append(update) == true)
                    held.append(update)
                }
            case 4 where removes, 5 where removes, 6 where removes:
                let first = held.isEmpty ? 0 : Int.random(in: 0..<held.count, using: &random)
                let end = min(held.count, first + Int.random(in: 1..<14, using: &random))
                for update in held[first..<end] { #expect(log.discard(update.stamp) == true) }
                held.removeSubrange(first..<end)
            case 7 where !removes && clocks[source] > 10:
                let place = Int.random(in: 1..<(clocks[source] / 2), using: &random) * 2 + 1
                let late = try made(source, place)
                let isHere = held.contains { $0.stamp == late.stamp }
                let results = log.insert(older: [late], initial: UpdateLog(), wallClock: 0)
                #expect(results == [isHere ? nil : .applied])
                if !isHere { held.append(late) }
            default: break
            }
            if step % 100 == 99 { try compare(log, held, clocks, &random) }
        }
    }

    private func compare(
        _ log: UpdateLog, _ held: [Update], _ clocks: [Int], _ random: inout SplitMix64
    ) throws {
        let all = held.sorted { $0.stamp < $1.stamp }
        #expect(log.count == all.count)
        #expect(log.byteCount == all.reduce(0) { $0 + $1.byteCount })
        #expect(log.delta(since: VersionVector()) == all)
        var known = VersionVector()
        for (source, clock) in zip(["A", "B", "C"], clocks) where clock > 0 {
            guard let source = Source(source) else { continue }
            let time = Int.random(in: 1...clock, using: &random)
            known.advance(source, to: try #require(Timestamp(Double(time))))
        }
        let lacking = all.filter { !known.covers($0.stamp) }
        #expect(log.count(since: known) == lacking.count)
        let limit = DeltaLimit(
            updates: Int.random(in: 1..<400, using: &random),
            bytes: Int.random(in: 1..<200_000, using: &random))
        let part = log.delta(since: known, limit: limit)
        #expect(part == Array(lacking.prefix(part.count)))
        var (expected, block) = (WireBlock(), WireBlock())
        for update in part { expected.appendLine { ClassicWire.append(update, to: &$0) } }
        let extent = log.appendDelta(
            since: known, upTo: { _ in .maximum }, limit: limit, to: &block)
        #expect(block == expected)
        #expect(extent?.isCut == (part.count < lacking.count))
        for run in log.runs {
            for chunk in run.chunks {
                #expect(chunk.rows.last?.isDead == false)
                #expect(chunk.liveByteCount <= UpdateLog.Chunk.byteLimit || chunk.count == 1)
                #expect(chunk.rows.count <= UpdateLog.Chunk.rowLimit + 16)
            }
        }
        for run in log.sealed(after: known) {
            for update in all where update.source == run.source {
                guard let payload = run.payload(at: update.timestamp) else { continue }
                #expect(payload == update.payload)
            }
        }
    }
}
