// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("TextDocument", .timeLimit(.minutes(20)))
struct TextDocumentTests {
    /// Two who type a word each at one place, without hearing of each other, letter by letter.
    private static func typed(
        _ words: [String], at place: Int, in base: TextDocument, backwards: [Bool]
    ) throws -> [[TextOperation]] {
        try words.enumerated().map { index, word in
            var document = base
            var operations: [TextOperation] = []
            let letters = backwards[index] ? Array(word.reversed()) : Array(word)
            for (step, letter) in letters.enumerated() {
                let position = backwards[index] ? place : place + step
                operations.append(
                    try document.insert(
                        String(letter), at: position, by: source(["A", "B", "C"][index])))
            }
            return operations
        }
    }

    @Test("Words typed at one place stay whole, forwards and backwards", arguments: 0..<200)
    func noInterleaving(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let words = ["milk", "BREAD", "12345678"]
        var base = TextDocument()
        if Bool.random(using: &random) { try base.insert("<>", at: 0, by: source("M")) }
        let place = base.count / 2
        var left = try Self.typed(
            words, at: place, in: base,
            backwards: words.map { _ in Bool.random(using: &random) })
        var document = base
        while let next = left.indices.filter({ !left[$0].isEmpty }).randomElement(using: &random) {
            try document.apply(left[next].removeFirst())
        }
        let text = document.text
        #expect(document.count == base.count + words.reduce(0) { $0 + $1.count })
        for word in words { #expect(text.contains(word), "\(text)") }
    }

    @Test("A copy is a value of its own")
    func copies() throws {
        var document = TextDocument()
        try document.insert("hello world", at: 0, by: source("A"))
        let (copy, saved) = (document, document.saved())
        try document.replace(5..<6, with: "_", by: source("A"))
        var merged = copy
        try merged.merge(document.saved())
        #expect(copy.saved() == saved)
        #expect(copy.text == "hello world")
        #expect(document.text == "hello_world")
        #expect(merged == document)
        #expect(copy != document)
    }

    @Test("Offsets in UTF-16 are those of Swift's strings", arguments: UInt64(0)..<200)
    func utf16(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pieces = ["a", "hello", "é", "😀", "𝄞x", "e\u{301}", "👩‍👩‍👧", "\r\n", "漢字"]
        var document = TextDocument()
        var plain: [Unicode.Scalar] = []
        for _ in 0..<30 {
            let lower = Int.random(in: 0...plain.count, using: &random)
            let length = [0, 0, 1, 4][Int.random(in: 0..<4, using: &random)]
            let upper = min(plain.count, lower + length)
            let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
            let name = source(Bool.random(using: &random) ? "A" : "B")
            try document.replace(lower..<upper, with: piece, by: name)
            plain.replaceSubrange(lower..<upper, with: piece.unicodeScalars)
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: plain)
        let text = String(view)
        #expect(document.text.unicodeScalars.elementsEqual(plain))
        #expect(document.utf16Count == text.utf16.count)
        for (position, index) in text.unicodeScalars.indices.enumerated() {
            let offset = index.utf16Offset(in: text)
            #expect(document.utf16Offset(of: position) == offset)
            #expect(document.position(ofUTF16: offset) == position)
            if UTF16.width(text.unicodeScalars[index]) == 2 {
                #expect(document.position(ofUTF16: offset + 1) == position)
            }
        }
        #expect(document.utf16Offset(of: document.count) == document.utf16Count)
        #expect(document.position(ofUTF16: document.utf16Count) == document.count)
        #expect(try TextDocument(saved: document.saved()).utf16Count == document.utf16Count)
    }

    @Test("Long pastes that are not ASCII come whole, and are torn apart anywhere")
    func longPastes() throws {
        let unit = "aé漢😀"
        for count in [1_023, 1_024, 1_025, 5_000] {
            let text = String(repeating: unit, count: count)
            var document = TextDocument()
            let paste = try document.insert(text, at: 0, by: source("A"))
            #expect(document.text == text)
            #expect(document.utf16Count == text.utf16.count)
            var plain = Array(text.unicodeScalars)
            var random = SplitMix64(seed: UInt64(count))
            var operations = [paste]
            for _ in 0..<60 {
                let lower = Int.random(in: 0..<plain.count, using: &random)
                let upper = min(plain.count, lower + 3)
                operations.append(
                    try document.replace(lower..<upper, with: "ß", by: source("B")))
                plain.replaceSubrange(lower..<upper, with: "ß".unicodeScalars)
            }
            #expect(document.text.unicodeScalars.elementsEqual(plain))
            var other = TextDocument()
            for operation in operations { try other.apply(operation) }
            #expect(other == document)
            var opened = try TextDocument(saved: document.saved())
            #expect(opened.text == document.text)
            try opened.insert("ü", at: plain.count / 2, by: source("C"))
            try document.insert("ü", at: plain.count / 2, by: source("C"))
            #expect(opened == document)
            var merged = TextDocument()
            try merged.merge(document.saved())
            #expect(merged == document)
        }
    }

    @Test("Deleted text is let go of, and its scalars become few runs")
    func cleaning() throws {
        var document = TextDocument()
        for round in 0..<40 {
            let text = String(repeating: round % 2 == 0 ? "0123456789" : "äöü漢😀", count: 1_000)
            try document.insert(text, at: document.count / 2, by: source("A"))
            let kept = document.count / 4
            try document.delete(kept..<document.count - kept, by: source("B"))
        }
        let text = document.text
        try document.delete(0..<document.count, by: source("B"))
        #expect(document.isEmpty)
        #expect(document.saved().count < 2_000)
        #expect(text.unicodeScalars.count > 1_000)
        #expect(document.runCount < 300)
        try document.insert("new", at: 0, by: source("A"))
        #expect(document.text == "new")
        #expect(try TextDocument(saved: document.saved()) == document)
    }

    @Test("What is typed on is one run, and so is what is deleted letter by letter")
    func runs() throws {
        var document = TextDocument()
        for index in 0..<1_000 { try document.insert("x", at: index, by: source("A")) }
        #expect(document.runCount == 1)
        for _ in 0..<500 {
            try document.delete(document.count - 1..<document.count, by: source("A"))
        }
        #expect(document.runCount == 2)
        for _ in 0..<400 { try document.delete(0..<1, by: source("B")) }
        #expect(document.runCount == 3)
        #expect(document.count == 100)
        // Each place in the middle costs two runs at most.
        var random = SplitMix64(seed: 1)
        for _ in 0..<200 {
            let place = Int.random(in: 0...document.count, using: &random)
            try document.insert("y", at: place, by: source("B"))
        }
        #expect(document.runCount <= 3 + 2 * 200)
    }

    @Test("An operation that comes again, or whose beginning came before, changes nothing twice")
    func overlaps() throws {
        var document = TextDocument()
        let a = source("A")
        func insertion(_ start: Int, _ text: String) -> TextOperation {
            TextOperation(
                source: a,
                insertion: TextOperation.Insertion(
                    start: start,
                    parent: start > 0 ? TextID(source: a, counter: start - 1) : nil,
                    side: .right, text: text))
        }
        try document.apply(insertion(0, "abc"))
        try document.apply(insertion(0, "abc"))
        try document.apply(insertion(1, "bcdé"))
        try document.apply(insertion(0, "ab"))
        #expect(document.text == "abcdé")
        try document.apply(insertion(7, "h"))
        #expect(document.pendingCount == 1)
        try document.apply(insertion(3, "défg"))
        #expect(document.text == "abcdéfgh")
        #expect(document.pendingCount == 0)
    }

    @Test("Operations are encoded as documented, and decoded")
    func coding() throws {
        var document = TextDocument()
        try document.insert("héllo", at: 0, by: source("A"))
        let operation = try document.replace(1..<3, with: "😀", by: source("B"))
        let bytes = try JSONEncoding().encode(operation)
        let json =
            #"{"by":"B","insert":{"start":0,"before":1,"of":"A","text":"😀"},"#
            + #""delete":[["A",1,2]]}"#
        #expect(String(decoding: bytes, as: UTF8.self) == json)
        #expect(try JSONDecoding().decode(TextOperation.self, from: bytes) == operation)
        for wrong in [
            #"{"by":1,"insert":{"start":0,"text":"x"}}"#, #"{"insert":{"start":0,"text":"x"}}"#,
            #"{"by":"A","delete":[["A",0,-1]]}"#, #"{"by":"A","delete":[["A",-1,1]]}"#,
            #"{"by":"A","delete":[["A",9223372036854775807,1]]}"#, #"{"by":"A","insert":{}}"#,
        ] {
            #expect(throws: DecodingError.self) {
                try JSONDecoding().decode(TextOperation.self, from: Array(wrong.utf8))
            }
        }
    }
}
