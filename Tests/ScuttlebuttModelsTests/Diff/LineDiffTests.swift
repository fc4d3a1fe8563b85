// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import ScuttlebuttModels

@Suite("The difference of two texts", .timeLimit(.minutes(20)))
struct LineDiffTests {
    private func lines(_ numbers: [Int]) -> [ArraySlice<UInt8>] {
        numbers.map { Array("\($0)\n".utf8)[...] }
    }

    /// Applies the hunks, after checking that they leave common lines between them.
    private func patched(_ old: [Int], _ new: [Int]) -> (result: [Int], cost: Int) {
        var result: [Int] = []
        var (place, cost) = (0, 0)
        for hunk in LineDiff.hunks(from: lines(old), to: lines(new)) {
            #expect(hunk.old.lowerBound > place || place == 0)
            #expect(!hunk.old.isEmpty || !hunk.new.isEmpty)
            result += old[place..<hunk.old.lowerBound]
            #expect(result.count == hunk.new.lowerBound)
            result += new[hunk.new]
            place = hunk.old.upperBound
            cost += hunk.old.count + hunk.new.count
        }
        return (result + old[place...], cost)
    }

    /// How few lines can be removed and added, by the obvious table.
    private func fewest(_ a: [Int], _ b: [Int]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var next = [i + 1]
            for (j, y) in b.enumerated() {
                next.append(x == y ? row[j] : min(row[j + 1], next[j]) + 1)
            }
            row = next
        }
        return row[b.count]
    }

    @Test("It leads from one to the other with the fewest lines", arguments: UInt64(0)..<200)
    func minimal(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20 {
            let span = Int.random(in: 1..<12, using: &random)
            func some() -> [Int] {
                (0..<Int.random(in: 0..<15, using: &random)).map { _ in
                    Int.random(in: 0..<span, using: &random)
                }
            }
            let (old, new) = (some(), some())
            let (result, cost) = patched(old, new)
            #expect(result == new)
            #expect(cost == fewest(old, new))
        }
    }

    @Test("Beyond the bound it still leads there, and keeps what is plainly common")
    func bounded() {
        var random = SplitMix64(seed: 3)
        // Every third of 6,000 lines is new, and many lines occur often.
        let old = (0..<6_000).map { $0 % 4 == 0 ? 0 : $0 }
        let new = old.map { Int.random(in: 0..<3, using: &random) == 0 ? -$0 - 1 : $0 }
        let (result, cost) = patched(old, new)
        #expect(result == new && cost < 2 * 2_400)
        let unrelated = (0..<6_000).map { $0 + 10_000 }
        #expect(patched(old, unrelated) == (unrelated, 12_000))
        #expect(patched(old, old.reversed()).result == old.reversed())
    }
}
