// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import Testing

@Suite("The laws of a text")
struct TextDocumentLawTests {
    private func document(_ operations: some Sequence<TextOperation>) -> TextDocument {
        var document = TextDocument()
        for operation in operations { #expect(document.apply(operation) == .applied) }
        return document
    }

    @Test("Every linear extension of a history ends as in the paper", arguments: UInt64(0)..<400)
    func linearExtensions(seed: UInt64) {
        let history = TextHistory(seed: seed)
        var random = SplitMix(seed: ~seed)
        var oracle = NaiveText()
        for operation in history.operations { oracle.apply(operation) }
        let expected = document(history.operations)
        #expect(expected.text.unicodeScalars.elementsEqual(oracle.text.unicodeScalars))
        for _ in 0..<4 {
            let other = document(history.linearExtension(using: &random))
            #expect(other.saved() == expected.saved())
            #expect(other == expected)
        }
    }

    @Test("Any order of delivery, with duplicates, ends alike", arguments: UInt64(0)..<200)
    func anyOrder(seed: UInt64) {
        let history = TextHistory(seed: seed)
        var random = SplitMix(seed: ~seed)
        let expected = document(history.operations)
        for _ in 0..<4 {
            let again = history.operations.filter { _ in Bool.random(using: &random) }
            let other = document((history.operations + again).shuffled(using: &random))
            #expect(other.waitingCount == 0)
            #expect(other.saved() == expected.saved())
        }
    }

    @Test("An edit hangs on what the paper hangs it on", arguments: UInt64(0)..<200)
    func anchors(seed: UInt64) {
        let history = TextHistory(seed: seed, length: 25)
        var oracle = NaiveText()
        var document = TextDocument()
        for operation in history.operations {
            oracle.apply(operation)
            document.apply(operation)
            for index in 0...document.count {
                let prepared = document.prepareInsert("x", at: index, by: source("new"))
                #expect(prepared.insertion?.anchor == oracle.anchor(at: index))
            }
        }
    }

    @Test("Histories merge in any grouping, and twice", arguments: UInt64(0)..<200)
    func merging(seed: UInt64) throws {
        let history = TextHistory(seed: seed)
        var (a, b, c) = (history.documents[0], history.documents[1], history.documents[2])
        let expected = document(history.operations)
        let (fromA, fromB, fromC) = (
            a.encodedHistory(), b.encodedHistory(), c.encodedHistory()
        )
        try a.merge(history: fromB)
        try a.merge(history: fromC)
        try b.merge(history: fromC)
        try b.merge(history: fromA)
        try c.merge(history: a.encodedHistory(since: c.version))
        try c.merge(history: fromA)
        try a.merge(history: fromA)
        #expect(a == expected)
        #expect(b == expected)
        #expect(c == expected)
        #expect(try TextDocument(history: c.encodedHistory()) == expected)
    }

    @Test("What is saved opens as it was, and goes on", arguments: UInt64(0)..<200)
    func saving(seed: UInt64) throws {
        let history = TextHistory(seed: seed)
        var random = SplitMix(seed: ~seed)
        var shuffled = history.operations.shuffled(using: &random)
        let rest = shuffled[(shuffled.count / 2)...]
        shuffled.removeSubrange((shuffled.count / 2)...)
        let half = document(shuffled)
        var opened = try TextDocument(saved: half.saved())
        #expect(opened == half)
        #expect(opened.waitingCount == half.waitingCount)
        for operation in rest { opened.apply(operation) }
        opened.compact()
        #expect(opened == document(history.operations))
    }

    @Test("Changes lead a plain string to the same text", arguments: UInt64(0)..<200)
    func changes(seed: UInt64) {
        let history = TextHistory(seed: seed)
        var random = SplitMix(seed: ~seed)
        var document = TextDocument()
        var mirror: [Unicode.Scalar] = []
        for operation in history.operations.shuffled(using: &random) {
            var changes: [TextChange]? = []
            #expect(document.apply(operation, changes: &changes) == .applied)
            for change in changes ?? [] {
                mirror.replaceSubrange(change.range, with: change.inserted.unicodeScalars)
            }
            #expect(mirror.elementsEqual(document.text.unicodeScalars))
        }
    }
}
