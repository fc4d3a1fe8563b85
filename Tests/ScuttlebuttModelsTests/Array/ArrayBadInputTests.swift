// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import TestSupport
import Testing

@testable import ScuttlebuttModels

@Suite("A replicated array and bad input", .timeLimit(.minutes(20)))
struct ArrayBadInputTests {
    private func key(_ literal: String) throws -> PropertyKey {
        let bytes = Array(literal.utf8)
        return try #require(
            bytes.withUnsafeBufferPointer { PropertyKey(0..<bytes.count, in: $0) })
    }

    @Test(
        "Q13: what is no object is refused and changes nothing",
        arguments: ["null", "1", "\"x\"", "[]", "[null,1,\"x\"]", "[{\"a\":1}]", "true", "", " "])
    func wrongShape(payload: String) throws {
        var array = ReplicatedArray<JSONValue>(source: source("A"))
        array.apply(update("A", 1, #"{"k":1}"#))
        let before = array.history(since: VersionVector())
        guard case .refused = array.apply(update("B", 2, payload)) else {
            Issue.record("\(payload) was taken")
            return
        }
        #expect(array.dumpText == "[1]" && array.history(since: VersionVector()) == before)
        var edit = ReplicatedEdit(source: source("A"))
        guard case .refused = edit.apply(update("B", 2, payload)) else {
            Issue.record("\(payload) was taken")
            return
        }
    }

    @Test("Bytes that are no JSON never trap", arguments: UInt64(0)..<200)
    func noise(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pieces = [
            "{", "}", "\"", ":", ",", "\\", "null", "[", "]", "a", "\u{80}", "\\ud800", " ",
        ]
        var array = ReplicatedArray<JSONValue>(source: source("A"))
        var edit = ReplicatedEdit(source: source("A"))
        for time in 1..<60 {
            let payload =
                "{"
                + (0..<Int.random(in: 0..<12, using: &random)).map { _ in
                    pieces.randomElement(using: &random) ?? ""
                }.joined()
            var bytes = Array(payload.utf8)
            if Bool.random(using: &random) {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            }
            var changes: [EditChange]? = []
            array.apply(update("B", Double(time), bytes))
            _ = edit.apply(update("B", Double(time), bytes), changes: &changes)
            if let write = try? array.makeInsert(.bool(true), at: time % 3) {
                array.apply(update("A", Double(time), write))
            }
            if let write = edit.makeSet(text: "a\n\(time)\nb") {
                edit.apply(update("A", Double(time), write))
            }
        }
        _ = array.values
        _ = edit.text
    }

    @Test("Of equal keys in one payload the last counts, as for JSON.parse")
    func duplicates() {
        var array = ReplicatedArray<Int>(source: source("A"))
        array.apply(update("A", 1, #"{"b":1,"a":2,"b":3,"\u0061":null,"c":4,"c":null,"c":5}"#))
        #expect(array.values == [3, 5] && array.tombstoneCount == 1)
        array.apply(update("A", 2, #"{"a":9}"#))
        array.apply(update("A", 3, #"{"b":9}"#))
        #expect(array.history(since: VersionVector()).count == 3)
        array.apply(update("A", 4, #"{"c":9}"#))
        // The first update holds no key any more, though it named each more than once.
        #expect(array.history(since: VersionVector()).map { $0.timestamp.value } == [2, 3, 4])
    }

    @Test("Integer-like keys sort as strings, and names of every object are names")
    func names() {
        var array = ReplicatedArray<Int>(source: source("A"))
        let payload =
            #"{"10":1,"9":2,"":3,"__proto__":4,"toString":5,"constructor":6,"-1":7,"1e3":8}"#
        array.apply(update("A", 1, payload))
        #expect(
            array.keys.map { $0.text }
                == ["", "-1", "10", "1e3", "9", "__proto__", "constructor", "toString"])
        #expect(array.values == [3, 7, 1, 8, 2, 4, 6, 5])
        array.apply(update("A", 2, #"{"__proto__":null,"toString":null}"#))
        #expect(array.values == [3, 7, 1, 8, 2, 6])
    }

    @Test("Keys that JavaScript thinks different stay different, and sort by code units")
    func codeUnits() throws {
        var array = ReplicatedArray<Int>(source: source("A"))
        array.apply(
            update(
                "A", 1,
                #"{"\u00e9":1,"e\u0301":2,"\uffff":3,"𐀀":4,"\ud800":5,"\udfff":6,"\ud800a":7}"#))
        let order = [
            #""e\u0301""#, #""\u00e9""#, #""\ud800""#, #""\ud800a""#, #""𐀀""#, #""\udfff""#,
            #""\uffff""#,
        ]
        #expect(try array.keys == order.map { try key($0) })
        // And between any of them there is room.
        for (low, high) in zip(array.keys, array.keys.dropFirst()) {
            var copy = array
            copy.apply(update("A", 2, try copy.makeInsert(8, between: low, and: high)))
            let place = try #require(copy.index(of: low))
            #expect(copy.index(of: high) == place + 2 && copy[place + 1] == 8)
        }
    }

    @Test("Keys with no room between them: the nearest gap to the right is taken")
    func noRoom() throws {
        var array = ReplicatedArray<String>(source: source("A"))
        array.apply(
            update("B", 1, #"{"":"1","\u0000":"2","a":"3","a\u0000":"4","a\u0000\u0000":"5"}"#))
        func inserted(_ index: Int) throws -> [String] {
            var copy = array
            copy.apply(update("A", 2, try copy.makeInsert("new", at: index)))
            return copy.values
        }
        // Nothing sorts before "", nor between it and NUL.
        #expect(try inserted(0) == ["1", "2", "new", "3", "4", "5"])
        #expect(try inserted(1) == ["1", "2", "new", "3", "4", "5"])
        #expect(try inserted(3) == ["1", "2", "3", "4", "5", "new"])
        let payload = try array.makeSplice(at: 3, removing: 0, inserting: ["x", "y"])
        array.apply(update("A", 3, try #require(payload)))
        #expect(array.values == ["1", "2", "3", "4", "5", "x", "y"])
    }

    @Test("Where the originals hang, between a and a!, an element finds its place")
    func exclamation() throws {
        var array = ReplicatedArray<String>(source: source("A"))
        array.apply(update("B", 1, #"{"a":"1","a!":"2","a!!":"3","~":"4","~~":"5"}"#))
        for (time, index) in [1, 3, 5, 7, 9, 0].enumerated() {
            array.apply(update("A", Double(time + 1), try array.makeInsert("new", at: index)))
        }
        #expect(
            array.values == ["new", "1", "new", "2", "new", "3", "new", "4", "new", "5", "new"])
    }

    @Test(
        "Keys of a million characters are keys, and new keys beside them are short if they can be")
    func hugeKeys() throws {
        var array = ReplicatedArray<Int>(source: source("A"))
        let huge = String(repeating: "a", count: 1_000_000)
        array.apply(update("B", 1, #"{"\#(huge)":1,"\#(huge)b":2,"b":3}"#))
        array.apply(update("A", 2, try array.makeInsert(0, at: 0)))
        array.apply(update("A", 3, try array.makeInsert(9, at: 3)))
        #expect(array.values == [0, 1, 2, 9, 3])
        #expect(array.keys[0].bytes.count < 10 && array.keys[3].bytes.count < 10)
        array.apply(update("A", 4, try array.makeInsert(5, at: 2)))
        #expect(array.values == [0, 1, 5, 2, 9, 3])
        #expect(array.retainedByteCount > 2_000_000)
        array.apply(update("C", 5, #"{"\#(huge)":null,"\#(huge)b":null}"#))
        #expect(array.values == [0, 5, 9, 3])
    }

    @Test("JSON a hundred thousand deep is an element like any other")
    func deep() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        var array = ReplicatedArray<JSONValue>(source: source("A"))
        array.apply(update("A", 1, #"{"k":\#(deep)}"#))
        #expect(array.count == 1 && array.rawValue(at: 0)?.count == 200_000)
        #expect(array.values.count <= 1)
        var edit = ReplicatedEdit(source: source("A"))
        edit.apply(update("A", 1, #"{"k":\#(deep)}"#))
        #expect(edit.text.isEmpty)
    }
}
