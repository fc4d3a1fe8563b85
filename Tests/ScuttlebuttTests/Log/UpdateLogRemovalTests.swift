// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite("UpdateLog, removing", .timeLimit(.minutes(20)))
struct UpdateLogRemovalTests {
    @Test("What is held equals a plain list, whatever is appended and removed", arguments: 0..<200)
    func model(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var log = UpdateLog()
        var held: [Update] = []
        var clocks: [String: Double] = [:]
        for _ in 0..<Int.random(in: 1..<600, using: &random) {
            if Int.random(in: 0..<5, using: &random) < 3 || held.isEmpty {
                let source = ["A", "B", "C"][Int.random(in: 0..<3, using: &random)]
                let time = (clocks[source] ?? 0) + Double(Int.random(in: 1..<4, using: &random))
                clocks[source] = time
                let update = update(source, time)
                #expect(log.append(update) == true)
                held.append(update)
            } else {
                let gone = held.remove(at: Int.random(in: 0..<held.count, using: &random))
                #expect(log.remove(gone.stamp) == gone)
                #expect(log.remove(gone.stamp) == nil)
                #expect(log.append(gone) == false, "what was superseded does not come back")
            }
        }
        held.sort { $0.stamp < $1.stamp }
        #expect(log.count == held.count)
        #expect(log.byteCount == held.reduce(0) { $0 + $1.byteCount })
        #expect(log.delta(since: VersionVector()) == held)
        var known = VersionVector()
        for (name, time) in clocks.sorted(by: { $0.key < $1.key }) {
            guard let source = Source(name),
                let seen = Timestamp(Double(Int.random(in: 1...Int(time), using: &random)))
            else { continue }
            known.advance(source, to: seen)
        }
        let lacking = held.filter { !known.covers($0.stamp) }
        #expect(log.delta(since: known) == lacking)
        let cut = log.delta(since: known, limit: DeltaLimit(updates: 3))
        #expect(cut == Array(lacking.prefix(3)))
        for update in held { #expect(log.update(at: update.stamp) == update) }
    }

    @Test("A tail goes with its update")
    func tail() {
        var log = UpdateLog()
        guard let source = Source("A"), let time = Timestamp(1) else { return }
        let signed = Update(
            payload: Array("1".utf8), timestamp: time, source: source,
            tail: Array(",1,\"A\",7]".utf8)
        )
        log.append(signed)
        #expect(log.byteCount == 10)
        #expect(log.remove(signed.stamp) == signed)
        #expect(log.byteCount == 0)
    }

    @Test("What is dropped from memory no longer counts, tails included")
    func droppedTails() throws {
        var log = UpdateLog()
        let source = try #require(Source("A"))
        for time in 1...3_000 {
            log.append(
                Update(
                    payload: Array("1".utf8), timestamp: try #require(Timestamp(Double(time))),
                    source: source,
                    tail: time % 3 == 0 ? nil : Array(",\(time),\"A\",7]".utf8)))
        }
        for time in stride(from: 1.0, to: 3_000, by: 7) {
            log.discard(Stamp(timestamp: try #require(Timestamp(time)), source: source))
        }
        let hasDropped = log.drop(keeping: 100, bytes: .max, unsaved: [:])
        #expect(hasDropped)
        let held = log.delta(since: VersionVector())
        #expect(log.byteCount == held.reduce(0) { $0 + $1.byteCount })
    }

    @Test(
        "The walk over an array yields its elements",
        arguments: ["[]", "[1]", " [ 1 , \"a,]\" ,[2,{}]]"])
    func elements(text: String) {
        let bytes = Array(text.utf8)
        let found: [String] = bytes.withUnsafeBufferPointer { buffer in
            var walk = JSONElements(buffer)
            var result: [String] = []
            while let range = walk?.next() {
                result.append(String(decoding: buffer[range], as: UTF8.self))
            }
            return result
        }
        let expected = [
            "[]": [], "[1]": ["1"], " [ 1 , \"a,]\" ,[2,{}]]": ["1", "\"a,]\"", "[2,{}]"],
        ]
        #expect(found == expected[text])
    }

    @Test(
        "The walk over what is no array ends at once", arguments: ["", "{}", "1", "[", "[,", "[]]"])
    func noElements(text: String) {
        let found = Array(text.utf8).withUnsafeBufferPointer { buffer in
            var walk = JSONElements(buffer)
            return walk?.next()
        }
        #expect(found == nil)
    }
}
