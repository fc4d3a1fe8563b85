// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("TextDocument: the forms of a saved text", .timeLimit(.minutes(20)))
struct TextFormTests {
    /// What three wrote concurrently, and what a later build makes of it.
    private static func fixture(waiting: Bool) throws -> TextDocument {
        let (a, b, c) = (source("A"), source("B\u{e9}"), source("\u{1F600}"))
        var one = TextDocument()
        try one.insert("The quick brown fox jumps over the dog", at: 0, by: a)
        var two = one
        try one.replace(4..<9, with: "slow", by: a)
        try two.insert("lazy ", at: 35, by: b)
        try two.insert("caf\u{e9} \u{1F600}", at: 0, by: b)
        try one.delete(0..<4, by: a)
        try one.merge(two.saved())
        var three = one
        try three.insert("!", at: three.count, by: c)
        try one.insert("?", at: one.count, by: b)
        try one.merge(three.saved())
        try one.insert(" 1, 2", at: 12, by: b)
        try three.insert("zz", at: 3, by: c)
        let late = try three.insert("later", at: 4, by: c)
        if waiting { try one.apply(late) }
        return one
    }

    /// Both forms of ``fixture(waiting:)`` before version 3.
    private static let listed =
        "01410342c3a904f09f98800b20010a060000d300000404440443cf4b058e0002200102050000ca0000182001"
        + "21050000ca00000322010c01000122020001000137636166c3a920f09f9880736c6f77206220312c2032726f"
        + "776e20666f78206a756d7073206f76657220746865206c617a7920646f673f21"
    /// The same in version 3.
    private static let ordered =
        "0141060342c3a90404f09f98800127002c10c01822062b01083301070b02082b01010b02023700636166c3a9"
        + "20f09f9880736c6f77206220312c2032726f776e20666f78206a756d7073206f76657220746865206c617a79"
        + "20646f673f21"
    /// What waits, the same in both.
    private static let waiting = "0104f09f9880070304f09f988002056c6174657200"

    private static func bytes(_ hex: String) throws -> [UInt8] {
        let digits = Array(hex)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
    }

    @Test("A text that an earlier version saved opens, and is saved in the new form")
    func earlierForms() throws {
        for (isWaiting, hex) in [
            (false, "540103" + Self.listed), (true, "540203" + Self.listed + Self.waiting),
        ] {
            let old = try Self.bytes(hex)
            let document = try Self.fixture(waiting: isWaiting)
            var opened = try TextDocument(saved: old)
            #expect(opened == document)
            #expect(
                opened.text == "caf\u{e9} \u{1F600}slow b 1, 2rown fox jumps over the lazy dog?!")
            #expect(opened.pendingCount == (isWaiting ? 1 : 0))
            var merged = TextDocument()
            try merged.merge(old)
            #expect(merged == document)
            #expect(opened.saved().count < old.count)
            try opened.insert("more", at: 7, by: source("A"))
            #expect(try TextDocument(saved: opened.saved()) == opened)
        }
    }

    @Test("A saved text has the documented bytes")
    func form() throws {
        let plain = try Self.fixture(waiting: false).saved()
        #expect(plain == (try Self.bytes("540303" + Self.ordered)))
        let waiting = try Self.fixture(waiting: true).saved()
        #expect(waiting == (try Self.bytes("540403" + Self.ordered + Self.waiting)))
        // A run of forty bytes: four literals, 36 bytes from four bytes back, and nothing more.
        var document = TextDocument()
        try document.insert(String(repeating: "abcd", count: 10), at: 0, by: source("A"))
        let packed: [UInt8] = [0x4F, 0x61, 0x62, 0x63, 0x64, 4, 0, 17, 0]
        #expect(
            document.saved() == [0x54, 3, 1, 1, 0x41, 1, 3, 8, 0, 40, UInt8(packed.count)] + packed)
    }

    @Test("Runs in another order than that of what they are attached to are damaged")
    func order() throws {
        // "b", and then "a" to the left of it.
        let first: [UInt8] = [0x00, 0, 2, 1, 1]
        let good: [UInt8] = [0x54, 1, 1, 1, 0x41, 2] + first + [0x56, 3, 1, 2, 0x61, 0x62]
        #expect(try TextDocument(saved: good).text == "ab")
        let last: [UInt8] = [0x04, 0, 1, 1]
        let wrong: [UInt8] = [0x54, 1, 1, 1, 0x41, 2] + [0x52, 0, 0, 1] + last + [2, 0x62, 0x61]
        #expect(throws: TextError.self) { try TextDocument(saved: wrong) }
        // A merge puts each where it belongs.
        var merged = TextDocument()
        try merged.merge(wrong)
        #expect(merged.text == "ab")
    }

    @Test("Runs that are attached to each other, to themselves or to nothing are damaged")
    func parents() throws {
        let head: [UInt8] = [0x54, 3, 2, 1, 0x41, 1, 1, 0x42, 1]
        let text: [UInt8] = [2, 0, 0x78, 0x79]
        let root: [UInt8] = [0x0B, 0]
        #expect(try TextDocument(saved: head + root + [0x0B, 2, 0] + text).text == "xy")
        #expect(try TextDocument(saved: head + [0x0B, 4, 0] + root + text).text == "xy")
        let wrong: [[UInt8]] = [
            // Each other, itself.
            [0x0B, 5, 0, 0x0B, 2, 0], [0x0B, 2, 0, 0x0B, 0],
            // The run before the first one, a run before that.
            [0x08, 0x0B, 0], [0x09, 0x0B, 0], [0x0A, 0, 0x0B, 0], [0x0A, 9, 0x0B, 0],
            // The second run of a source with one, a source that there is not.
            [0x0B, 0, 0x0B, 2, 2], [0x0B, 0, 0x0B, 2, 1], [0x0B, 0, 0x0B, 8, 0],
            // Behind a scalar that is the last one, or farther behind.
            [0x0B, 0, 0x0B, 3, 0, 0], [0x0B, 0, 0x0B, 3, 0, 5],
        ]
        for runs in wrong {
            #expect(throws: TextError.self) { try TextDocument(saved: head + runs + text) }
            var merged = TextDocument()
            #expect(throws: TextError.self) { try merged.merge(head + runs + text) }
            #expect(merged == TextDocument())
        }
    }

    @Test("A text that claims to be larger than its bytes can be is damaged, and takes no memory")
    func bombs() {
        let head: [UInt8] = [0x54, 3, 1, 1, 0x41, 1]
        func number(_ value: Int) -> [UInt8] {
            value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + number(value >> 7)
        }
        for (length, packed) in [
            (1 << 28 - 1, [0x1F, 0x61, 1, 0, 255, 0x10, 0x61]),
            (64, [0x1F, 0x61, 1, 0, 255, 0x10, 0x61]), (64, [0x1F, 0x61, 0, 0, 40, 0x10, 0x61]),
            (64, [0x1F, 0x61, 2, 0, 40, 0x10, 0x61]), (64, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            (64, [0xF0, 0x80, 0x80, 0x80, 0x80, 0x80, 1]), (64, [0x1F, 0x61, 1]), (64, [0x1F]),
        ] as [(Int, [UInt8])] {
            let runs = [0x03] + number(length - 32) + [0]
            let bytes = head + runs + number(length) + [UInt8(packed.count)] + packed
            #expect(throws: TextError.self) { try TextDocument(saved: bytes) }
        }
    }

    @Test("Whatever a text repeats, it comes back", arguments: UInt64(0)..<200)
    func packing(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters = Array("ab cdefghijklmno\u{e9}\u{6f22}\u{1F600}".unicodeScalars)
        let variety = [1, 2, 5, letters.count][Int.random(in: 0..<4, using: &random)]
        var words: [String] = []
        for _ in 0..<20 {
            var word = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...90, using: &random) {
                word.append(letters[Int.random(in: 0..<variety, using: &random)])
            }
            words.append(String(word))
        }
        var document = TextDocument()
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            let word = words[Int.random(in: 0..<words.count, using: &random)]
            let place = Int.random(in: 0...document.count, using: &random)
            try document.insert(word, at: place, by: source("A"))
        }
        let saved = document.saved()
        let opened = try TextDocument(saved: saved)
        #expect(opened.text == document.text)
        #expect(opened.saved() == saved)
        if variety == 1, document.count > 500 { #expect(saved.count < document.count) }
        for length in stride(from: 0, to: saved.count, by: 7) {
            #expect(throws: TextError.self) { try TextDocument(saved: Array(saved[..<length])) }
        }
    }

    @Test("What is attached within a run comes behind the rest of it, the inner first")
    func within() throws {
        func operation(_ name: String, _ text: String, _ counter: Int?) -> TextOperation {
            TextOperation(
                source: source(name),
                insertion: TextOperation.Insertion(
                    start: 0, parent: counter.map { TextID(source: source("A"), counter: $0) },
                    side: .right, text: text))
        }
        var document = TextDocument()
        for operation in [
            operation("A", "abcd", nil), operation("B", "B", 0), operation("C", "C", 2),
            operation("D", "D", 1), operation("E", "E", 3), operation("F", "F", 0),
            operation("0", "0", nil), operation("@", "@", 1),
        ] { try document.apply(operation) }
        #expect(document.text == "0ab@cdECDBF")
        let saved = document.saved()
        let opened = try TextDocument(saved: saved)
        #expect(opened.text == document.text)
        #expect(opened.saved() == saved)
        var merged = TextDocument()
        try merged.merge(saved)
        #expect(merged == document)
    }

    @Test("Flipped bits in a part of a text never trap", arguments: UInt64(0)..<100)
    func flips(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = TextScene(writers: 3, steps: 30, random: &random)
        let all = scene.linearExtension(&random)
        var half = TextDocument()
        for operation in all.prefix(all.count / 2) { try half.apply(operation) }
        var whole = half
        for operation in all.dropFirst(all.count / 2) { try whole.apply(operation) }
        let part = whole.encoded(since: half.version)
        for _ in 0..<50 {
            var damaged = part
            let place = Int.random(in: 0..<damaged.count, using: &random)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            var merged = half
            do {
                try merged.merge(damaged)
                #expect(try TextDocument(saved: merged.saved()) == merged)
            } catch {
                #expect(merged == half)
            }
            _ = try? TextDocument(saved: damaged)
        }
    }
}
