// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedModel", .timeLimit(.minutes(20)))
struct ReplicatedModelTests {
    private static func payload(_ random: inout SplitMix64) -> String {
        let keys = ["\"a\"", "\"b\"", "\"\\u0061\"", "\"7\""]
        let values = ["1", "null", "\"x\"", "{\"y\": [2]}"]
        let key = keys.randomElement(using: &random) ?? ""
        return "[\(key) ,\(values.randomElement(using: &random) ?? "")]"
    }

    @Test("Any order of delivery ends alike, and what is retained says all", arguments: 0..<200)
    func laws(seed: UInt64) {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        expectLaws(seed: seed, history) { ReplicatedModel<JSONValue>() }
    }

    @Test("The larger stamp wins each key, as in a table that sorts all writes", arguments: 0..<200)
    func reference(seed: UInt64) throws {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        var random = SplitMix64(seed: seed)
        var model = ReplicatedModel<JSONValue>()
        for update in history.delivery(using: &random) { model.apply(update) }
        var table: [String: JSONValue] = [:]
        for update in history.agreed {
            let pair = try JSONValue(update.payload)
            table[pair[0]?.string ?? ""] = pair[1]
        }
        #expect(Set(model.keys.map(\.text)) == Set(table.keys))
        for (key, value) in table {
            #expect(model.rawValue(of: PropertyKey(key)).map { try? JSONValue($0) } == value)
            #expect(model[key] == (value == .null ? .none : .some(value)))
        }
        #expect(
            try JSONValue(model.dump)
                == .object(
                    .init(
                        table.filter { $0.value != .null }.map { (key: $0.key, value: $0.value) })))
    }

    @Test("Q5: between equal timestamps the source decides, not the arrival")
    func ties() {
        let (a, b) = (update("A", 5, "[\"k\",1]"), update("B", 5, "[\"k\",2]"))
        for order in [[a, b], [b, a]] {
            var model = ReplicatedModel<Int>()
            for update in order { model.apply(update) }
            #expect(model["k"] == 2)
            #expect(model.history(since: VersionVector()) == [b])
        }
    }

    @Test("Q13: what is not [string, value] is refused, and nothing changes")
    func wrongShapes() {
        expectRefused(
            written(ReplicatedModel<JSONValue>(), "[\"k\",1]"),
            [
                "null", "5", "\"k\"", "{}", "{\"k\":1}", "[]", "[\"k\"]", "[\"k\",1,2]", "[1,2]",
                "[null,1]", "[[\"k\"],1]", "true",
            ])
        expectNoTraps(ReplicatedModel<JSONValue>())
    }

    @Test("Q14: names that every JavaScript object has are ordinary keys")
    func hostileNames() throws {
        var model = ReplicatedModel<Int>()
        #expect(model["toString"] == nil)
        for (index, key) in hostileKeys.enumerated() {
            #expect(model.apply(update("A", Double(index + 1), "[\(key),\(index)]")) == .applied)
        }
        #expect(model.count == hostileKeys.count)
        #expect(model["__proto__"] == 1)
        #expect(model["\u{e9}"] == 11)
        #expect(model["e\u{301}"] == 12)
        let names = model.keys.map { key -> String in
            var literal: [UInt8] = []
            key.append(to: &literal)
            return String(decoding: literal, as: UTF8.self)
        }
        #expect(names.starts(with: ["\"9\"", "\"10\"", "\"\"", "\"010\""]))
        #expect(names.contains("\"\\ud83d\""))
        #expect(names.contains("\"\\ude00\""))
        #expect(try JSONValue(model.dump)["constructor"] == 3)
    }

    @Test("A key of a megabyte is a key")
    func longKey() throws {
        var model = ReplicatedModel<Int>()
        let key = String(repeating: "k", count: 1 << 20)
        model.apply(update("A", 1, try model.makeSet(key, to: 1)))
        #expect(model[key] == 1)
    }

    @Test("A deleted key is still listed, but not exported, and cannot be deleted twice")
    func deletion() throws {
        var model = ReplicatedModel<String>()
        #expect(model.makeRemove("k") == nil)
        model.apply(update("A", 1, try model.makeSet("k", to: "v")))
        let removal = try #require(model.makeRemove("k"))
        #expect(String(decoding: removal, as: UTF8.self) == "[\"k\",null]")
        model.apply(update("A", 2, removal))
        #expect(model["k"] == nil)
        #expect(model.rawValue(of: "k") == Array("null".utf8))
        #expect(model.keys == ["k"])
        #expect(model.presentKeys.isEmpty)
        #expect(model.values.isEmpty)
        #expect(dumpText(model) == "{}")
        #expect(model.makeRemove("k") == nil)
    }

    @Test("A value of another shape is kept and relayed, and nil to the typed getter")
    func otherShape() {
        let model = written(ReplicatedModel<Int>(), "[\"k\",\"text\"]", "[\"n\", 3 ]")
        #expect(model["k"] == nil)
        #expect(model["n"] == 3)
        #expect(model.values == ["n": 3])
        #expect(dumpText(model) == "{\"k\":\"text\",\"n\":3}")
        #expect(model.history(since: VersionVector()).count == 2)
    }

    @Test("Changes tell key, old and new; a write that loses tells nothing")
    func changes() {
        var model = ReplicatedModel<Int>()
        var changes: [ModelChange<Int>]? = []
        _ = model.apply(update("A", 2, "[\"k\",1]"), changes: &changes)
        _ = model.apply(update("B", 1, "[\"k\",9]"), changes: &changes)
        _ = model.apply(update("B", 3, "[\"k\",null]"), changes: &changes)
        #expect(changes?.map(\.key) == ["k", "k"])
        #expect(changes?.map(\.oldValue) == [nil, 1])
        #expect(changes?.map(\.value) == [1, nil])
        #expect(changes?.last?.stamp == update("B", 3, "1").stamp)
    }

    @Test("Each of many keys is found, as in a dictionary", arguments: 0..<10)
    func manyKeys(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (model, table) = (ReplicatedModel<Int>(), [String: Int]())
        for time in 1...3_000 {
            let key = "\(Int.random(in: 0..<2_000, using: &random))"
            model.apply(update("A", Double(time), try model.makeSet(key, to: time)))
            table[key] = time
        }
        #expect(model.count == table.count)
        #expect(
            model.values
                == Dictionary(
                    uniqueKeysWithValues: table.map {
                        (PropertyKey($0.key), $0.value)
                    }))
        #expect(model["none"] == nil)
    }
}
