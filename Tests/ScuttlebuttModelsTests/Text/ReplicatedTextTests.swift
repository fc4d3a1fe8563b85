// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedText", .timeLimit(.minutes(20)))
struct ReplicatedTextTests {
    static let names = ["A", "é", "😀"]
    private static let words = [
        "a", "bc", "xyz", "ß", "€uro", "😀", "e\u{301}", "\r\n", "\"\\", "\u{0}\u{2028}",
    ]

    /// What a few people write who hear of each other now and then.
    static func history(seed: UInt64, length: Int = 24) -> RandomHistory {
        var random = SplitMix64(seed: seed)
        var values = names.map { ReplicatedText(source: source($0)) }
        var runs: [[Update]] = names.map { _ in [] }
        var heard = names.map { _ in names.map { _ in 0 } }
        for _ in 0..<length {
            let who = Int.random(in: 0..<names.count, using: &random)
            let other = Int.random(in: 0..<names.count, using: &random)
            if Bool.random(using: &random), other != who {
                for update in runs[other][heard[who][other]...] { values[who].apply(update) }
                heard[who][other] = runs[other].count
            }
            let count = values[who].count
            let from = Int.random(in: 0...count, using: &random)
            let to = min(count, from + [0, 0, 1, 3][Int.random(in: 0..<4, using: &random)])
            let word = words[Int.random(in: 0..<words.count, using: &random)]
            var payload = values[who].makeReplace(from..<to, with: word)
            if Int.random(in: 0..<5, using: &random) == 0 {
                let text = values[who].text
                payload = values[who].makeSet(text: word + text.dropFirst(2) + word)
            }
            guard let payload else { continue }
            // Clocks that go as they like: what an update builds on may be later than it.
            let last = runs[who].last?.timestamp.value ?? 0
            let next = update(
                names[who], last + Double(Int.random(in: 1...4, using: &random)), payload)
            #expect(values[who].apply(next) == .applied)
            runs[who].append(next)
        }
        return RandomHistory(runs: runs)
    }

    @Test("It keeps the laws of replicated types", arguments: UInt64(0)..<200)
    func laws(seed: UInt64) {
        expectLaws(seed: seed, Self.history(seed: seed)) {
            ReplicatedText(source: source("new"))
        }
    }

    @Test("Changes lead a plain string to the same text", arguments: UInt64(0)..<100)
    func changes(seed: UInt64) {
        var random = SplitMix64(seed: ~seed)
        var value = ReplicatedText(source: source("new"))
        var mirror: [Unicode.Scalar] = []
        for update in Self.history(seed: seed).delivery(using: &random) {
            var changes: [TextChange]? = []
            #expect(value.apply(update, changes: &changes) == .applied)
            for change in changes ?? [] { change.apply(to: &mirror) }
            #expect(mirror.elementsEqual(value.text.unicodeScalars))
        }
        #expect(value.pendingCount == 0)
    }

    @Test("A text is set by what differs", arguments: UInt64(0)..<300)
    func makeSet(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters = Array("abcé😀\n")
        func text(_ length: Int) -> String {
            String(
                (0..<length).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] }
            )
        }
        var value = ReplicatedText(source: source("A"))
        let first = text(Int.random(in: 0...40, using: &random))
        if let payload = value.makeSet(text: first) { value.apply(update("A", 1, payload)) }
        #expect(value.text == first)
        #expect(value.makeSet(text: first) == nil)
        var second = first
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let place = second.indices.randomElement(using: &random) ?? second.startIndex
            if Bool.random(using: &random), place < second.endIndex {
                second.remove(at: place)
            } else {
                second.insert(contentsOf: text(3), at: place)
            }
        }
        if let payload = value.makeSet(text: second) {
            #expect(value.apply(update("A", 2, payload)) == .applied)
        }
        #expect(value.text.unicodeScalars.elementsEqual(second.unicodeScalars))
        let third = text(600)
        value.apply(update("A", 3, try #require(value.makeSet(text: third))))
        #expect(value.text == third)
    }

    @Test("Setting a text leaves alone what stays, between several places too")
    func settingKeeps() throws {
        var value = ReplicatedText(source: source("A"))
        value.apply(update("A", 1, try #require(value.makeSet(text: "one two three"))))
        let cursor = value.document.cursor(at: 5)
        let payload = try #require(value.makeSet(text: "One two, three!"))
        value.apply(update("A", 2, payload))
        #expect(value.text == "One two, three!")
        #expect(value.position(of: cursor) == 5)
        #expect(payload.count < 140)
    }

    @Test("The payloads are those that the documentation describes")
    func payloads() throws {
        func text(_ payload: Payload?) -> String { String(decoding: payload ?? [], as: UTF8.self) }
        var a = ReplicatedText(source: source("A"))
        var b = ReplicatedText(source: source("B"))
        func write(_ payload: Payload?, _ expected: String, _ name: String, _ time: Double) {
            #expect(text(payload) == expected)
            let update = update(name, time, payload ?? [])
            #expect(a.apply(update) == .applied)
            #expect(b.apply(update) == .applied)
        }
        write(a.makeInsert("hi", at: 0), #"{"insert":[0,"hi"]}"#, "A", 1)
        write(a.makeInsert("!", at: 2), #"{"insert":[2,"!"]}"#, "A", 2)
        write(a.makeInsert("-", at: 1), #"{"insert":[3,"-","L",1]}"#, "A", 3)
        write(b.makeInsert("\"", at: 4), #"{"insert":[0,"\"","R",2,"A"]}"#, "B", 4)
        write(b.makeDelete(0..<2), #"{"delete":[[0,1,"A"],[3,1,"A"]]}"#, "B", 5)
        write(
            a.makeReplace(0..<1, with: "o"), #"{"insert":[4,"o","L",0],"delete":[[1,1]]}"#, "A", 6)
        #expect(a.dump == Array(#""o!\"""#.utf8))
        #expect(b.dump == a.dump)
        #expect(a.makeInsert("", at: 0) == nil)
        #expect(a.makeDelete(1..<1) == nil)
        #expect(a.makeDelete(7..<9) == nil)
        #expect(text(a.makeInsert("z", at: 99)) == #"{"insert":[5,"z","R",0,"B"]}"#)
        var root = ReplicatedText(source: source("A"))
        root.apply(update("B", 1, #"{"insert":[0,"x","R"]}"#))
        #expect(root.text == "x")
    }

    @Test("Half of a surrogate pair becomes U+FFFD everywhere")
    func loneSurrogates() {
        let value = written(
            ReplicatedText(source: source("B")), #"{"insert":[0,"a\ud83dz\ude00"]}"#,
            #"{"insert":[4,"\ud83d\ude00"]}"#)
        #expect(value.text == "a\u{FFFD}z\u{FFFD}😀")
        #expect(value.count == 5)
    }

    @Test("Payloads of another shape are refused, and change nothing")
    func wrongShapes() {
        let value = written(
            ReplicatedText(source: source("A")), #"{"insert":[0,"hello"]}"#,
            #"{"delete":[[1,1]]}"#)
        expectRefused(value, hostilePayloads)
        expectRefused(value, Self.wrongShapes)
        expectNoTraps(value)
    }

    private static let wrongShapes = [
        "null", "true", "1", #""text""#, "[]", "{}", "[[]]", "[{}]", #"{"insert":null}"#,
        #"{"insert":{}}"#, #"{"insert":[]}"#, #"{"insert":[0]}"#, #"{"insert":[0,""]}"#,
        #"{"insert":[0,1]}"#, #"{"insert":[0,null]}"#, #"{"insert":["0","a"]}"#,
        #"{"insert":[0.5,"a"]}"#, #"{"insert":[-1,"a"]}"#, #"{"insert":[-0,"a"]}"#,
        #"{"insert":[1e0,"a"]}"#, #"{"insert":[0,"a","X"]}"#, #"{"insert":[0,"a",null]}"#,
        #"{"insert":[0,"a","L"]}"#, #"{"insert":[0,"a","R",null]}"#,
        #"{"insert":[0,"a","R",-1,"A"]}"#, #"{"insert":[0,"a","R",0,null]}"#,
        #"{"insert":[0,"a","R",0,"A",1]}"#, #"{"insert":[0,"a"],"insert":[1,"b"]}"#,
        #"{"insert":[0,"a"],"by":"A"}"#, #"{"delete":[]}"#, #"{"delete":[1]}"#,
        #"{"delete":[[]]}"#, #"{"delete":[[0]]}"#, #"{"delete":[[0,0]]}"#,
        #"{"delete":[[0,-1]]}"#, #"{"delete":[[0,1,null]]}"#, #"{"delete":[[0,1,"A",1]]}"#,
        #"{"delete":[[0,1]],"delete":[[0,1]]}"#, #"{"delete":{}}"#,
        // Gaps, overlaps and parents that cannot be.
        #"{"insert":[1,"a"]}"#, #"{"insert":[0,"a","R",0]}"#, #"{"insert":[0,"a","L",0]}"#,
        #"{"insert":[0,"a","R",5]}"#, #"{"insert":[9223372036854775807,"a"]}"#,
        #"{"insert":[9223372036854775808,"a"]}"#, #"{"insert":[2147483647,"a"]}"#,
        #"{"insert":[0,"a","R",2147483647,"A"]}"#, #"{"delete":[[2147483647,2147483647]]}"#,
        #"{"delete":[[9223372036854775807,1]]}"#, #"{"delete":[[2147483647,1]]}"#,
        // The second of two is wrong, so the first does not count.
        #"[{"insert":[0,"a"]},{"insert":[0,"b"]}]"#, #"[{"insert":[0,"a"]},{"insert":[2,"b"]}]"#,
        #"[{"insert":[0,"a"]},{"insert":[1,"b","R",1]}]"#,
        #"[{"delete":[[0,3,"A"]]},{"delete":[[2147483647,5]]}]"#,
        #"[{"delete":[[0,3,"A"]]},null]"#,
    ]
}
