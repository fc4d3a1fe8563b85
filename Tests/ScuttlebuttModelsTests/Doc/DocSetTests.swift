// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import Synchronization
import TestSupport
import Testing

@testable import ScuttlebuttModels

@Suite("ReplicatedDoc: sets", .timeLimit(.minutes(20)))
struct DocSetTests {
    @Test("A row enters a set with the value under its key, and leaves it with another")
    func membership() {
        var doc = ReplicatedDoc<JSONValue>()
        doc.declareSet("cheeses", where: "type", equals: "cheese")
        doc.apply(update("A", 1, #"["brie",{"type":"cheese"}]"#))
        doc.apply(update("A", 2, #"["port",{"type":"wine"}]"#))
        #expect(doc.set("cheeses").ids == ["brie"])
        doc.apply(update("A", 3, #"["brie",{"type":"\u0063heese"}]"#))
        #expect(doc.set("cheeses").ids == ["brie"])
        doc.apply(update("A", 4, #"["brie",{"type":"wine"}]"#))
        #expect(doc.set("cheeses").isEmpty)
    }

    @Test(
        "Values are compared by meaning, whatever their type",
        arguments: [
            ("1", "1.0"), ("true", "true"), ("null", "null"),
            (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#),
            (#""x""#, #""\u0078""#), ("[1]", "[ 1 ]"),
        ])
    func meaning(wanted: String, written: String) throws {
        var doc = ReplicatedDoc<JSONValue>()
        doc.declareSet("set", where: "k", equals: try JSONValue(Array(wanted.utf8)))
        doc.apply(update("A", 1, "[\"r\",{\"k\":\(written)}]"))
        doc.apply(update("A", 2, #"["other",{"k":"other"}]"#))
        doc.apply(update("A", 3, #"["number",{"k":17}]"#))
        doc.apply(update("A", 4, #"["none",{}]"#))
        #expect(doc.set("set").ids == ["r"])
    }

    @Test("A set that is declared late has the rows that are there")
    func declaredLate() {
        var doc = ReplicatedDoc<JSONValue>()
        for number in 0..<100 {
            doc.apply(update("A", Double(number + 1), "[\"r\(number)\",{\"k\":\(number % 2)}]"))
        }
        doc.apply(update("A", 101, #"["r1",null]"#))
        doc.declareSet("odd", where: "k", equals: 1)
        doc.declareSet("small") { ($0["k"]?.integer ?? 9) < 1 }
        #expect(doc.set("odd").count == 49)
        #expect(doc.set("small").count == 50)
        doc.declareSet("odd", where: "k", equals: 0)
        #expect(doc.set("odd").count == 50)
        doc.apply(update("A", 102, #"["r3",{"k":0}]"#))
        #expect(doc.set("odd").count == 51)
        #expect(doc.set("small").count == 51)
    }

    @Test("Adding to a set writes its key, removing from it sets the key to null")
    func makeAdd() throws {
        var peer = DocPeer("A")
        peer.doc.declareSet("cheeses", where: "type", equals: "cheese")
        peer.write(try peer.doc.makeAdd("brie", ["age": 3], to: "cheeses"))
        #expect(peer.doc.set("cheeses")["brie"]?["age"] == 3)
        #expect(text(peer.written[0].payload) == #"["brie",{"age":3,"type":"cheese"}]"#)
        peer.write(peer.doc.makeRemove("brie", from: "cheeses"))
        #expect(peer.doc.set("cheeses").isEmpty)
        #expect(text(peer.doc.dump) == #"{"brie":{"age":3,"type":null}}"#)
        #expect(peer.doc.makeRemove("brie", from: "cheeses") == nil)
        peer.write(peer.doc.makeRemove("brie"))
        #expect(peer.doc.makeRemove("brie") == nil)
        #expect(text(peer.doc.dump) == "{}")
    }

    @Test("Writes are prepared as the original would write them")
    func preparing() throws {
        let doc = ReplicatedDoc<JSONValue>()
        #expect(text(try doc.makeSet("row1", ["a": 1])) == #"["row1",{"a":1}]"#)
        #expect(text(try doc.makeSet("row1", "b", to: [true])) == #"["row1",{"b":[true]}]"#)
        #expect(
            text(try doc.makeSet("r", ["b": 1, "10": 2, "9": 3])) == #"["r",{"9":3,"10":2,"b":1}]"#)
        #expect(text(try doc.makeAdd("r")) == #"["r",{}]"#)
        struct Cheese: Codable, Equatable { var name: String, age: Int }
        let brie = Cheese(name: "Brie", age: 3)
        let payload = try doc.makeSet("brie", from: brie)
        #expect(text(payload) == #"["brie",{"name":"Brie","age":3}]"#)
        #expect(throws: EncodingError.self) { try doc.makeSet("brie", from: [1, 2]) }
        #expect(throws: EncodingError.self) {
            try ReplicatedDoc<Double>().makeSet("r", "k", to: .infinity)
        }
        var other = doc
        other.apply(update("A", 1, payload))
        #expect(other.row("brie")?.decoded(as: Cheese.self) == brie)
        #expect(other.row("brie")?.decoded(as: [Int].self) == nil)
    }

    @Test("Random ids differ")
    func randomIDs() {
        var random = SplitMix64(seed: 1)
        let ids = (0..<100).map { _ in ReplicatedDoc<JSONValue>.randomID(using: &random) }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.bytes.count == 39 })
    }

    @Test("A sort key does not depend on when the sequence was declared")
    func declaredLateKeys() throws {
        var docs = [ReplicatedDoc<JSONValue>(), ReplicatedDoc<JSONValue>()]
        for place in docs.indices {
            for number in 0..<50 {
                let payload = "[\"r\(number)\",{\"list\":\"x\",\"_sort\":\"\(number + 10)\"}]"
                docs[place].apply(update("A", Double(number + 1), payload))
            }
            docs[place].declareSequence("x", where: "list", equals: "x")
        }
        for index in 0...50 {
            #expect(
                try docs[0].makeInsert("new", at: index, in: "x")
                    == docs[1].makeInsert("new", at: index, in: "x"))
        }
    }

    @Test("A typed document reads what fits and keeps what does not")
    func typed() {
        var doc = ReplicatedDoc<Int>()
        doc.apply(update("A", 1, #"["r",{"k":1,"l":"text"}]"#))
        #expect(doc.row("r")?["k"] == 1)
        #expect(doc.row("r")?["l"] == nil)
        #expect(doc.row("r")?.rawValue(of: "l") == Array(#""text""#.utf8))
        #expect(text(doc.dump) == #"{"r":{"k":1,"l":"text"}}"#)
    }

    @Test("An update of a row asks each filter once, however many rows there are")
    func filterCount() {
        let counter = Counter()
        var doc = ReplicatedDoc<JSONValue>()
        doc.declareSet("filtered") { _ in
            counter.count.withLock { $0 += 1 }
            return true
        }
        for number in 0..<5_000 {
            doc.apply(update("A", Double(number + 1), "[\"r\(number)\",{\"k\":0}]"))
        }
        #expect(counter.count.withLock { $0 } == 5_000)
        var changes: [DocChange]? = []
        _ = doc.apply(update("B", 9_000, #"["r7",{"k":1}]"#), changes: &changes)
        #expect(counter.count.withLock { $0 } == 5_001)
        #expect(changes?.count == 2)
    }

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    @Test("A row's place is found with as many comparisons as the number of rows has digits, or so")
    func comparisons() {
        func count(_ rows: Int) -> Int {
            let counter = Counter()
            var tree = OrderedTree<CountingPlace, Void>()
            func place(_ number: Int) -> CountingPlace {
                let sort = PropertyKey("\(number &* 7_919 % rows)")
                return CountingPlace(
                    place: DocView.Place(sort: sort, id: PropertyKey("r\(number)")),
                    counter: counter)
            }
            for number in 0..<rows { tree.insert((), for: place(number)) }
            counter.count.withLock { $0 = 0 }
            for number in 0..<100 {
                tree.remove(place(number))
                tree.insert((), for: place(number))
            }
            return counter.count.withLock { $0 }
        }
        let (few, many) = (count(500), count(32_000))
        // log2 grows from 9 to 15.
        #expect(many < few * 2)
        #expect(many < 100 * 3 * 2 * 15)
    }

    private struct CountingPlace: Comparable {
        let place: DocView.Place
        let counter: Counter

        static func == (left: Self, right: Self) -> Bool { left.place == right.place }
        static func < (left: Self, right: Self) -> Bool {
            left.counter.count.withLock { $0 += 1 }
            return left.place < right.place
        }
    }

    @Test("An update touches only the sets that its row is in, comes into or leaves")
    func manySets() {
        var doc = ReplicatedDoc<JSONValue>()
        for number in 0..<500 {
            doc.declareSet(PropertyKey("s\(number)"), where: "list", equals: .number(.init(number)))
            doc.declareSet(PropertyKey("t\(number)"), where: "list", equals: .string("\(number)"))
        }
        var changes: [DocChange]? = []
        _ = doc.apply(update("A", 1, #"["r",{"list":"7"}]"#), changes: &changes)
        _ = doc.apply(update("A", 2, #"["r",{"list":8}]"#), changes: &changes)
        _ = doc.apply(update("A", 3, #"["r",{"other":8}]"#), changes: &changes)
        _ = doc.apply(update("A", 4, #"["r",null]"#), changes: &changes)
        let views = changes?.compactMap { change -> DocChange.View? in
            if case .view(let view) = change { view } else { nil }
        }
        #expect(views?.map(\.name) == ["t7", "t7", "s8", "s8", "s8"])
        #expect(
            views?.map(\.kind) == [
                .added(at: 0), .removed(from: 0), .added(at: 0), .updated(at: 0), .removed(from: 0),
            ])
    }

    @Test("The changes of an update name its row once, with old and new values")
    func changes() {
        var doc = ReplicatedDoc<JSONValue>()
        var changes: [DocChange]? = []
        _ = doc.apply(update("A", 1, #"["r",{"a":1,"b":2}]"#), changes: &changes)
        _ = doc.apply(update("B", 2, #"["r",{"a":3}]"#), changes: &changes)
        _ = doc.apply(update("C", 1, #"["r",{"a":9}]"#), changes: &changes)
        _ = doc.apply(update("C", 3, #"["r",null]"#), changes: &changes)
        _ = doc.apply(update("D", 1, #"["r",{"b":9}]"#), changes: &changes)
        let rows = changes?.compactMap { change -> DocChange.Row? in
            if case .row(let row) = change { row } else { nil }
        }
        #expect(rows?.map(\.kind) == [.added, .updated, .removed])
        #expect(rows?[1].members.map { $0.oldValue() } == [1])
        #expect(rows?[1].members.map { $0.newValue(as: Int.self) } == [3])
        #expect(rows?[2].members.map(\.key) == ["a", "b"])
        #expect(rows?[2].members.map(\.newBytes) == [nil, nil])
    }
}
