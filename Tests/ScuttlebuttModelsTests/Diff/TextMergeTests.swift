// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import ScuttlebuttModels

@Suite("A merge of two texts that were made from one", .timeLimit(.minutes(20)))
struct TextMergeTests {
    private func merged(
        _ base: String, _ ours: String, _ theirs: String,
        _ conflict: TextMerge.Conflict = .keepBoth
    ) -> String {
        String(
            decoding: TextMerge.merged(
                base: Array(base.utf8), ours: Array(ours.utf8), theirs: Array(theirs.utf8),
                conflict), as: UTF8.self)
    }

    @Test("It has the changes of both")
    func both() {
        #expect(merged("a\nb\nc", "A\nb\nc", "a\nb\nC") == "A\nb\nC")
        #expect(merged("a\nb\nc", "a\nc", "a\nb\nc\nd") == "a\nc\nd")
        #expect(merged("shopping", "shopping\nmilk", "shopping\neggs") == "shopping\neggs\nmilk")
        #expect(merged("list\n", "list\nmilk\n", "list\neggs\n") == "list\neggs\nmilk\n")
        #expect(merged("list\n", "list\nmilk", "list\neggs") == "list\neggs\nmilk")
        #expect(merged("", "milk", "eggs") == "eggs\nmilk")
        #expect(merged("one two three", "one 2 three", "one two THREE") == "one 2 THREE")
        #expect(merged("a\nb", "x\na\nb", "A\nb") == "x\nA\nb")
        #expect(merged("a\nb", "A\nb", "x\na\nb") == "x\nA\nb")
    }

    @Test("A change stays where the other side removed its line")
    func removed() {
        #expect(merged("a\nb\nc", "a\nB\nc", "a\nc") == "a\nB\nc")
        #expect(merged("a\nb\nc", "a\nc", "a\nB\nc") == "a\nB\nc")
        // An undo brings nothing back that others removed.
        #expect(merged("a\nb\nc", "a\nB\nc", "a\nc", .keepTheirs) == "a\nc")
    }

    @Test("Lines that were split or joined keep what others typed into them")
    func splits() {
        #expect(merged("a\nb", "ab", "a\nbX") == "abX")
        #expect(merged("a\nb", "ab", "aX\nb") == "aXb")
        #expect(merged("ab", "a\nb", "abX") == "a\nbX")
        #expect(merged("ab", "a\nb", "Xab") == "Xa\nb")
    }

    /// A text of few different lines.
    private func text(_ random: inout SplitMix64, of count: Int = 7) -> String {
        let lines = ["a", "b", "", "é", "e\u{301}", "𝕏y", "\r", "hello world"]
        return (0..<Int.random(in: 0..<count, using: &random))
            .map { _ in lines.randomElement(using: &random) ?? "" }.joined(separator: "\n")
    }

    @Test("If only one side changed something, the merge is that side", arguments: UInt64(0)..<300)
    func oneSide(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let (base, other) = (text(&random), text(&random))
        for conflict in [TextMerge.Conflict.keepBoth, .keepTheirs] {
            #expect(merged(base, other, base, conflict).utf8.elementsEqual(other.utf8))
            #expect(merged(base, base, other, conflict).utf8.elementsEqual(other.utf8))
            #expect(merged(base, other, other, conflict).utf8.elementsEqual(other.utf8))
        }
    }

    @Test("Any three texts have a merge, with every word that they alone have", arguments: 0..<500)
    func any(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let (base, ours) = (text(&random), text(&random))
        var theirs = text(&random).split(separator: "\n", omittingEmptySubsequences: false)
        theirs.insert("<theirs>", at: Int.random(in: 0...theirs.count, using: &random))
        for conflict in [TextMerge.Conflict.keepBoth, .keepTheirs] {
            let result = merged(base, ours, theirs.joined(separator: "\n"), conflict)
            #expect(result.contains("<theirs>"), "\(base) | \(ours) | \(theirs)")
        }
    }
}
