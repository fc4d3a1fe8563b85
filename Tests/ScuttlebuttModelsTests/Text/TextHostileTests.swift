// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("TextDocument: what a hostile peer sends", .timeLimit(.minutes(20)))
struct TextHostileTests {
    private static let names = ["A", "B", "C", "?"].map { source($0) }

    private static func scene(_ random: inout SplitMix64) -> TextScene {
        TextScene(writers: 3, steps: 30, random: &random)
    }

    private static func document(_ operations: [TextOperation]) throws -> TextDocument {
        var document = TextDocument()
        for operation in operations { try document.apply(operation) }
        return document
    }

    /// Numbers at which something overflows, or nearly.
    private static func number(_ random: inout SplitMix64) -> Int {
        let odd = [
            Int.max, Int.max - 1, Int.min, -1, 1 << 31, 1 << 31 - 1, 1 << 31 - 2, 1 << 32,
            1 << 28, 65_536,
        ]
        return Int.random(in: 0..<3, using: &random) > 0
            ? Int.random(in: 0..<12, using: &random)
            : odd[Int.random(in: 0..<odd.count, using: &random)]
    }

    private static func operation(_ random: inout SplitMix64) -> TextOperation {
        func name() -> Source { names[Int.random(in: 0..<names.count, using: &random)] }
        var insertion: TextOperation.Insertion?
        if Int.random(in: 0..<4, using: &random) > 0 {
            let parent = TextID(source: name(), counter: number(&random))
            insertion = TextOperation.Insertion(
                start: number(&random),
                parent: Int.random(in: 0..<3, using: &random) == 0 ? nil : parent,
                side: Bool.random(using: &random) ? .left : .right,
                text: ["", "x", "yz😀", "éé"][Int.random(in: 0..<4, using: &random)])
        }
        let deletions = (0..<Int.random(in: 0..<3, using: &random)).map { _ in
            let (one, other) = (number(&random), number(&random))
            return TextRun(source: name(), counters: min(one, other)..<max(one, other))
        }
        return TextOperation(source: name(), insertion: insertion, deletions: deletions)
    }

    /// Whether all that can be asked of a text fits together.
    private static func expectSound(_ document: TextDocument) throws {
        var document = document
        let text = document.text
        #expect(text.unicodeScalars.count == document.count)
        #expect(text.utf16.count == document.utf16Count)
        #expect(document[0..<document.count].unicodeScalars.elementsEqual(text.unicodeScalars))
        var places = Array(0...min(document.count, 40))
        places.append(document.count)
        for place in places {
            let unit = document.utf16Offset(of: place)
            #expect(document.position(ofUTF16: unit) == place)
            let cursor = document.cursor(at: place)
            let now = document.position(of: cursor)
            #expect(now == place)
        }
        // It can be edited and saved.
        try document.insert("!", at: document.count / 2, by: source("editor"))
        if document.count > 2 { try document.delete(1..<2, by: source("editor")) }
        let saved = document.saved()
        #expect(try TextDocument(saved: saved).saved() == saved)
    }

    @Test("Random operations with impossible numbers never trap", arguments: UInt64(0)..<400)
    func operations(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var document = TextDocument()
        for _ in 0..<40 {
            let before = document
            do {
                try document.apply(Self.operation(&random))
            } catch {
                #expect(document == before)
                #expect(!error.description.isEmpty)
            }
        }
        try Self.expectSound(document)
    }

    @Test("Parents of themselves, and circles of parents, do no harm")
    func circles() throws {
        var document = TextDocument()
        func insertion(_ start: Int, _ parent: TextID) -> TextOperation.Insertion {
            TextOperation.Insertion(start: start, parent: parent, side: .left, text: "x")
        }
        let (a, b) = (source("A"), source("B"))
        let own = TextOperation(source: a, insertion: insertion(0, TextID(source: a, counter: 0)))
        #expect(throws: TextError.self) { try document.apply(own) }
        try document.apply(
            TextOperation(source: a, insertion: insertion(0, TextID(source: b, counter: 0))))
        try document.apply(
            TextOperation(source: b, insertion: insertion(0, TextID(source: a, counter: 0))))
        #expect(document.pendingCount == 2)
        #expect(document.isEmpty)
        try document.insert("fine", at: 0, by: source("C"))
        #expect(document.text == "fine")
    }

    @Test("What waits is bounded, and what is refused is refused whole")
    func pendingIsBounded() throws {
        var document = TextDocument()
        let (a, b) = (source("A"), source("B"))
        try document.insert("abc", at: 0, by: a)
        func waiting(_ number: Int) -> TextOperation {
            TextOperation(
                source: b,
                insertion: TextOperation.Insertion(
                    start: number, parent: TextID(source: a, counter: 100_000), side: .right,
                    text: "x"))
        }
        var taken = 0
        while (try? document.apply(waiting(taken))) != nil, taken < 1_000_000 { taken += 1 }
        #expect(document.pendingCount == 65_536)
        let before = document.saved()
        let both = TextOperation(
            source: a,
            insertion: TextOperation.Insertion(
                start: 3, parent: TextID(source: a, counter: 2), side: .right, text: "d"),
            deletions: [
                TextRun(source: a, counters: 0..<1),
                TextRun(source: b, counters: 500_000..<500_001),
            ])
        var changes: [TextChange]? = []
        #expect(throws: TextError.self) { try document.apply(both, changes: &changes) }
        #expect(document.saved() == before)
        #expect(changes?.isEmpty == true)
        // What need not wait is taken all the same.
        try document.insert("!", at: 3, by: a)
        #expect(document.text == "abc!")
    }

    @Test("Deletions of what is to come cost no more for being repeated and for overlapping")
    func pendingDeletions() throws {
        var document = TextDocument()
        let a = source("A")
        for number in 0..<2_000 {
            let run = TextRun(source: a, counters: number % 50..<(number % 70 + 100))
            try document.apply(TextOperation(source: source("B"), deletions: [run]))
        }
        #expect(document.pendingCount == 1)
        try document.insert(String(repeating: "x", count: 100), at: 0, by: a)
        var other = TextDocument()
        try other.apply(
            TextOperation(
                source: a,
                insertion: TextOperation.Insertion(
                    start: 0, parent: nil, side: .right, text: String(repeating: "x", count: 200))))
        try document.merge(other.saved())
        #expect(document.count == 200 - 169)
        #expect(document.pendingCount == 0)
    }

    @Test("An operation too large in bytes to wait is refused")
    func largeWaiting() throws {
        var document = TextDocument()
        let text = String(repeating: "0123456789abcdef", count: 1 << 20)
        func waiting(_ start: Int) -> TextOperation {
            TextOperation(
                source: source("A"),
                insertion: TextOperation.Insertion(
                    start: start, parent: nil, side: .right, text: text))
        }
        for number in 1...4 { try document.apply(waiting(number)) }
        #expect(throws: TextError.self) { try document.apply(waiting(5)) }
        #expect(document.pendingCount == 4)
    }

    // MARK: Saved bytes

    @Test("A saved text that is cut off is damaged", arguments: UInt64(0)..<50)
    func truncations(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bytes = try Self.document(Self.scene(&random).operations).saved()
        for length in 0..<bytes.count {
            let cut = Array(bytes[..<length])
            #expect(throws: TextError.self) { try TextDocument(saved: cut) }
            var merged = TextDocument()
            #expect(throws: TextError.self) { try merged.merge(cut) }
            #expect(merged == TextDocument())
        }
        #expect(throws: TextError.self) { try TextDocument(saved: bytes + [0]) }
    }

    @Test("Flipped bits never trap, and a merge takes all or nothing", arguments: UInt64(0)..<200)
    func flips(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = Self.scene(&random)
        let all = scene.linearExtension(&random)
        let bytes = try Self.document(all).saved()
        let half = try Self.document(Array(all.prefix(all.count / 2)))
        for _ in 0..<30 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) where !damaged.isEmpty {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                damaged[place] =
                    Bool.random(using: &random)
                    ? damaged[place] ^ 1 << UInt8.random(in: 0..<8, using: &random)
                    : [0, 0x7F, 0x80, 0xFF][Int.random(in: 0..<4, using: &random)]
            }
            if var opened = try? TextDocument(saved: damaged) {
                try Self.expectSound(opened)
                for operation in all.suffix(5) { try? opened.apply(operation) }
                try opened.insert("!", at: opened.count / 2, by: source("editor"))
                #expect(opened.text.unicodeScalars.count == opened.count)
                try? opened.merge(bytes)
                _ = opened.saved()
            }
            for start in [TextDocument(), half] {
                var merged = start
                do {
                    try merged.merge(damaged)
                    try Self.expectSound(merged)
                } catch {
                    #expect(merged == start)
                    #expect(merged.text == start.text)
                }
            }
        }
    }

    /// The bytes of a saved text of one source.
    private static func lying(_ runs: [[UInt8]], text: String) -> [UInt8] {
        [0x54, 0x01, 1, 1, 0x41, UInt8(runs.count)] + runs.joined() + [UInt8(text.utf8.count)]
            + Array(text.utf8)
    }

    private static func number(_ value: Int) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + number(value >> 7)
    }

    @Test("Lengths that add up beyond all bounds are found out", arguments: ["", "x", "é"])
    func lyingLengths(text: String) {
        let longest = 1 << 28 - 1
        // Visible, right of the root; the others of the same source, and right of the one before.
        let first: [UInt8] = [0x12, 0, 0] + Self.number(longest)
        let next: [UInt8] = [0x0E, 0] + Self.number(longest)
        // From the same counter on as the one before, again and again.
        let again: [UInt8] = [0x16] + Self.number(2 * longest - 1) + Self.number(longest)
        for others in [Array(repeating: next, count: 7), Array(repeating: again, count: 120)] {
            for count in 0...others.count {
                let bytes = Self.lying([first] + others.prefix(count), text: text)
                #expect(throws: TextError.self) { try TextDocument(saved: bytes) }
                var merged = TextDocument()
                #expect(throws: TextError.self) { try merged.merge(bytes) }
            }
        }
    }

    @Test("A parent that is nowhere is found out")
    func lyingParents() throws {
        // Two sources, "A" with one scalar that hangs on the first of "B", which has none.
        let bytes: [UInt8] = [0x54, 1, 2, 1, 0x41, 1, 0x42, 1, 0x22, 0, 0, 1, 1, 0, 1, 0x78]
        #expect(throws: TextError.self) { try TextDocument(saved: bytes) }
        var document = TextDocument()
        try document.insert("abc", at: 0, by: source("C"))
        #expect(throws: TextError.self) { try document.merge(bytes) }
        #expect(document.text == "abc")
        #expect(document.version[source("A")] == 0)
    }
}
