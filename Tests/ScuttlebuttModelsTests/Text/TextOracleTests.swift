// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("TextDocument: against the tree of the paper", .timeLimit(.minutes(20)))
struct TextOracleTests {
    private static func scene(_ random: inout SplitMix64, steps: Int = 40) -> TextScene {
        TextScene(
            writers: Int.random(in: 2...4, using: &random), steps: steps, random: &random)
    }

    private static func document(
        _ operations: some Sequence<TextOperation>
    ) throws -> TextDocument {
        var document = TextDocument()
        for operation in operations { try document.apply(operation) }
        return document
    }

    @Test("An edit hangs on what the paper hangs it on", arguments: UInt64(0)..<200)
    func anchors(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var oracle = NaiveText()
        var document = TextDocument()
        for operation in Self.scene(&random, steps: 25).operations {
            oracle.apply(operation)
            try document.apply(operation)
            for index in 0...document.count {
                let prepared = document.makeInsert("x", at: index, by: source("new"))
                let anchor = oracle.anchor(at: index)
                #expect(prepared.insertion?.parent == anchor.parent)
                #expect(prepared.insertion?.side == anchor.side)
            }
        }
    }

    @Test("Changes lead a plain string to the same text", arguments: UInt64(0)..<200)
    func changes(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var document = TextDocument()
        var mirror: [Unicode.Scalar] = []
        for operation in Self.scene(&random).operations.shuffled(using: &random) {
            var changes: [TextChange]? = []
            try document.apply(operation, changes: &changes)
            for change in changes ?? [] { change.apply(to: &mirror) }
            #expect(mirror.elementsEqual(document.text.unicodeScalars))
        }
    }

    @Test("Half of a history is one document in any order, with what waits", arguments: 0..<200)
    func halves(seed: UInt64) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let all = Self.scene(&random).operations
        let half = Array(all.shuffled(using: &random).prefix(all.count / 2))
        let expected = try Self.document(half)
        #expect(try Self.document(half.shuffled(using: &random)) == expected)
        let coded = try JSONDecoding().decode(
            TextDocument.self, from: try JSONEncoding().encode(expected))
        #expect(coded == expected)
        #expect(coded.pendingCount == expected.pendingCount)
        // What waits goes on when the rest comes as a saved text.
        let whole = try Self.document(all)
        var merged = coded
        try merged.merge(whole.saved())
        #expect(merged.pendingCount == 0)
        #expect(merged == whole)
    }

    @Test("Cursors stay beside their scalars whatever the others do", arguments: UInt64(0)..<200)
    func cursors(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let all = Self.scene(&random).operations
        var oracle = NaiveText()
        var document = TextDocument()
        var cursors: [TextDocument.Cursor] = []
        for operation in all {
            try document.apply(operation)
            oracle.apply(operation)
            let place = Int.random(in: 0...document.count, using: &random)
            let sticks = Bool.random(using: &random)
            let cursor = document.cursor(at: place, sticksToPrevious: sticks)
            let now = document.position(of: cursor)
            #expect(now == place)
            cursors.append(cursor)
            for cursor in cursors {
                let found = document.position(of: cursor)
                let position = try #require(found)
                guard let id = cursor.id else {
                    #expect(position == (cursor.isBehind ? 0 : document.count))
                    continue
                }
                let there = try #require(oracle.position(of: id))
                let isAfter = cursor.isBehind && !there.isDeleted
                #expect(position == there.before + (isAfter ? 1 : 0))
            }
        }
        for (name, counter) in [("?", 0), ("A", Int.max), ("A", -1)] {
            let id = TextID(source: source(name), counter: counter)
            let position = document.position(of: TextDocument.Cursor(id: id, isBehind: true))
            #expect(position == nil)
        }
    }
}

extension TextChange {
    /// Follows the change in a plain string.
    func apply(to scalars: inout [Unicode.Scalar]) {
        switch self {
        case .inserted(let text, let offset):
            scalars.insert(contentsOf: text.unicodeScalars, at: offset)
        case .deleted(let range): scalars.removeSubrange(range)
        }
    }
}
