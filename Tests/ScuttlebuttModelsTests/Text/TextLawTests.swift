// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("TextDocument: laws", .timeLimit(.minutes(20)))
struct TextLawTests {
    private static func scene(_ random: inout SplitMix64) -> TextScene {
        TextScene(
            writers: Int.random(in: 1...4, using: &random),
            steps: Int.random(in: 1...60, using: &random), random: &random)
    }

    private static func document(_ operations: [TextOperation]) throws -> TextDocument {
        var document = TextDocument()
        for operation in operations { try document.apply(operation) }
        return document
    }

    @Test("Every order that respects causes gives the text that the tree gives", arguments: 0..<300)
    func linearExtensions(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = Self.scene(&random)
        var naive = NaiveText()
        for operation in scene.operations { naive.apply(operation) }
        let reference = try Self.document(scene.operations)
        #expect(reference.text == naive.text)
        for _ in 0..<4 {
            let other = try Self.document(scene.linearExtension(&random))
            #expect(other.text == naive.text)
            #expect(other == reference)
        }
    }

    @Test("Any order, with repetitions, gives the same text", arguments: 0..<300)
    func anyOrder(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = Self.scene(&random)
        let reference = try Self.document(scene.operations)
        var shuffled = scene.operations + scene.operations.prefix(20)
        shuffled.shuffle(using: &random)
        let other = try Self.document(shuffled)
        #expect(other.pendingCount == 0)
        #expect(other.text == reference.text)
        #expect(other.saved() == reference.saved())
    }

    @Test("Merging is commutative, associative and idempotent", arguments: 0..<200)
    func merging(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = Self.scene(&random)
        let all = scene.linearExtension(&random)
        func part() throws -> TextDocument {
            try Self.document(Array(all.prefix(Int.random(in: 0...all.count, using: &random))))
        }
        func merged(_ left: TextDocument, _ right: TextDocument) throws -> TextDocument {
            var result = left
            try result.merge(right.saved())
            return result
        }
        let (a, b, c) = (try part(), try part(), try part())
        #expect(try merged(a, b) == merged(b, a))
        #expect(try merged(merged(a, b), c) == merged(a, merged(b, c)))
        #expect(try merged(a, a) == a)
        var whole = try merged(try Self.document(all), a)
        #expect(whole.text == (try Self.document(all)).text)
        // What a peer lacks is enough for it.
        var behind = b
        try behind.merge(whole.encoded(since: b.version))
        #expect(behind == whole)
        #expect(whole.position(of: whole.cursor(at: 0)) == 0)
    }

    @Test("A saved text opens as it was, and is edited on like the original", arguments: 0..<200)
    func saving(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = Self.scene(&random)
        let all = scene.linearExtension(&random)
        let cut = Int.random(in: 0...all.count, using: &random)
        let early = try Self.document(Array(all[..<cut]))
        var opened = try TextDocument(saved: early.saved())
        #expect(opened == early)
        #expect(opened.text == early.text)
        for operation in all[cut...] { try opened.apply(operation) }
        #expect(opened == (try Self.document(all)))
    }
}
