// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import TestSupport
import Testing

@testable import ScuttlebuttModels

@Suite("Sort keys", .timeLimit(.minutes(20)))
struct SortKeyTests {
    /// Known answers of the originals.
    private static let known: [[String]] = {
        struct Vectors: Decodable { let between: [[String]] }
        let data = Fixtures.data("Tests/Recordings/vectors.json")
        return (try? JSONDecoder().decode(Vectors.self, from: data).between) ?? []
    }()

    @Test("Every known answer is here")
    func allKnown() { #expect(Self.known.count == 14) }

    @Test("Between gives the known answers of the originals", arguments: known)
    func knownAnswers(_ line: [String]) {
        let keys = line.map { PropertyKey($0) }
        #expect(SortKey.between(keys[0], keys[1]) == keys[2])
    }

    @Test("Between is nil where the originals never return")
    func hangs() {
        let pairs: [(PropertyKey, PropertyKey)] = [
            ("a", "a"), ("b", "a"), ("a", "a!"), ("a", "a!!"), ("", ""), ("a", ""), ("~", "~"),
            ("é", "z"), ("a", "a "), ("a", "a\0"), ("~~", "~"),
        ]
        for (low, high) in pairs { #expect(SortKey.between(low, high) == nil) }
        #expect(SortKey.between("", "a") != nil)
    }

    /// A key of characters that are hard for sort keys.
    private func hostileKey(_ random: inout SplitMix64) -> PropertyKey {
        let pieces = [
            "!", "~", "0", "z", "\0", " ", "é", "e\u{301}", "\u{FFFF}", "\u{10000}", "A", "V", ":",
            "`",
            "__proto__", "1",
        ]
        let count = Int.random(in: 0..<5, using: &random)
        return PropertyKey(
            (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined())
    }

    @Test("A new key stands between any two keys, if a string can", arguments: UInt64(0)..<200)
    func hostile(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var allocator = SortKeyAllocator(seed: seed)
        let leans: [SortKeyAllocator.Lean] = [
            .middle, .start(run: nil), .end(run: nil), .start(run: 5), .end(run: 5_000),
        ]
        for _ in 0..<20 {
            let (a, b) = (hostileKey(&random), hostileKey(&random))
            if let lean = leans.randomElement(using: &random) {
                for count in [1, 7] {
                    let keys = allocator.keys(count, after: a, before: b, lean: lean)
                    let isAdjacent = Array(CodeUnits(b.bytes)) == Array(CodeUnits(a.bytes)) + [0]
                    let isTight =
                        CodeUnits(b.bytes).starts(with: CodeUnits(a.bytes))
                        && CodeUnits(b.bytes).dropFirst(Array(CodeUnits(a.bytes)).count)
                            .allSatisfy { $0 == 0 }
                    if isAdjacent || !(a < b) {
                        #expect(keys == nil)
                    } else if count == 1 || !isTight {
                        let all = [a] + (keys ?? []) + [b]
                        #expect(keys?.count == count)
                        #expect(zip(all, all.dropFirst()).allSatisfy { $0 < $1 })
                    }
                    let first = allocator.keys(count, after: nil, before: b, lean: lean)
                    #expect(first?.allSatisfy { $0 < b } ?? (b.bytes.allSatisfy { $0 == 0 }))
                    let last = allocator.keys(count, after: a, before: nil, lean: lean)
                    #expect(last?.allSatisfy { a < $0 } == true)
                }
            }
        }
    }

    @Test("Half a surrogate pair is a neighbour like any other")
    func surrogates() throws {
        let literal = Array(#""\ud800""#.utf8)
        let half = try #require(literal.withUnsafeBufferPointer { PropertyKey(0..<8, in: $0) })
        var allocator = SortKeyAllocator(seed: 1)
        let between = allocator.key(after: half, before: "\u{10000}", lean: .middle)
        let key = try #require(between)
        #expect(half < key && key < "\u{10000}" && key.hasLoneSurrogate)
    }

    @Test("Among our own keys the originals always find another", arguments: UInt64(0)..<200)
    func originals(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var array = ReplicatedArray<Int>(source: source("S\(seed)"))
        var previous = 0
        for time in 1...60 {
            let kind = Int.random(in: 0..<6, using: &random)
            let index = Int.random(in: 0...array.count, using: &random)
            previous = kind == 0 ? index : min(previous + 1, array.count)
            let payload: Payload? =
                switch kind {
                case 0: try array.makeInsert(time, at: index)
                case 1: try array.makeUnshift(time)
                case 2: try array.makePush(time)
                case 3: try array.makeSplice(at: index, removing: 0, inserting: 0..<7)
                default: try array.makeInsert(time, at: previous)
                }
            array.apply(update("S\(seed)", Double(time), try #require(payload)))
        }
        let keys = [SortKey.lowest] + array.keys + [SortKey.highest]
        for (low, high) in zip(keys, keys.dropFirst()) {
            let between = try #require(SortKey.between(low, high))
            // The originals append up to three digits.
            #expect(low < between && PropertyKey(between.text + "999") < high)
        }
    }

    /// How the keys of 5,000 insertions grow.
    private func longest(_ index: (_ time: Int, _ count: Int) -> Int) throws -> Int {
        var array = ReplicatedArray<Int>(source: source("A"))
        for time in 0..<5_000 {
            let payload = try array.makeInsert(time, at: index(time, array.count))
            array.apply(update("A", Double(time + 1), payload))
        }
        return array.keys.map { $0.bytes.count }.max() ?? 0
    }

    @Test("Keys stay short, wherever is inserted")
    func short() throws {
        var random = SplitMix64(seed: 5)
        #expect(try longest { _, count in count } <= 10)
        #expect(try longest { _, _ in 0 } <= 10)
        #expect(try longest { _, count in Int.random(in: 0...count, using: &random) } <= 20)
        #expect(try longest { time, count in time < 100 ? count : time - 50 } <= 20)
        #expect(try longest { time, count in time < 100 ? count : 50 } <= 20)
    }
}
