// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import Testing

@testable import ScuttlebuttModels

/// An array and the one who writes to it.
private struct Writer<Value: Codable & Sendable> {
    var array: ReplicatedArray<Value>
    var time = 0.0

    init(_ name: String = "A") { array = ReplicatedArray(source: source(name)) }

    mutating func write(_ payload: Payload?) {
        guard let payload else { return }
        time += 1
        array.apply(update(array.source.text, time, payload))
    }
}

@Suite("A replicated array", .timeLimit(.minutes(20)))
struct ReplicatedArrayTests {
    @Test("It pushes, pops, shifts, unshifts, inserts, sets, unsets and splices")
    func operations() throws {
        var writer = Writer<String>()
        #expect(writer.array.makePop() == nil && writer.array.makeShift() == nil)
        writer.write(try writer.array.makePush("b"))
        writer.write(try writer.array.makePush("c"))
        writer.write(try writer.array.makeUnshift("a"))
        #expect(writer.array.values == ["a", "b", "c"])
        writer.write(writer.array.makePop())
        writer.write(writer.array.makeShift())
        #expect(writer.array.values == ["b"])
        writer.write(try writer.array.makePush(contentsOf: ["d", "e", "f"]))
        writer.write(try writer.array.makeInsert("c", at: 1))
        #expect(writer.array.values == ["b", "c", "d", "e", "f"])
        writer.write(try writer.array.makeSet("B", at: 0))
        writer.write(writer.array.makeRemove(at: 4))
        writer.write(try writer.array.makeSplice(at: 1, removing: 2, inserting: ["x", "y", "z"]))
        #expect(writer.array.values == ["B", "x", "y", "z", "e"])
        writer.write(try writer.array.makeSplice(at: 1, removing: 3, inserting: ["w"]))
        #expect(writer.array.values == ["B", "w", "e"])
        let key = try #require(writer.array.key(at: 1))
        writer.write(writer.array.makeUnset(key))
        #expect(writer.array.makeUnset(key) == nil && writer.array.index(of: key) == nil)
        #expect(writer.array.values == ["B", "e"])
    }

    @Test("Indexes out of date are clamped, or nothing is written")
    func staleIndexes() throws {
        var writer = Writer<Int>()
        writer.write(try writer.array.makeInsert(2, at: 99))
        writer.write(try writer.array.makeInsert(1, at: -99))
        writer.write(try writer.array.makeSplice(at: 99, removing: .max, inserting: [3]))
        #expect(writer.array.values == [1, 2, 3])
        #expect(writer.array.makeRemove(at: 3) == nil && writer.array.makeRemove(at: -1) == nil)
        #expect(try writer.array.makeSet(9, at: 3) == nil)
        #expect(try writer.array.makeSplice(at: 0, removing: -3, inserting: []) == nil)
        #expect(try writer.array.makeSplice(at: 3, removing: 5, inserting: []) == nil)
    }

    @Test("It is a collection, and keys and indexes are found from each other")
    func lookUp() throws {
        var writer = Writer<Int>()
        for value in 0..<300 { writer.write(try writer.array.makePush(value)) }
        let array = writer.array
        #expect(array.count == 300 && array[17] == 17 && array.first == 0 && array.last == 299)
        #expect(array.map { ($0 ?? -1) * 2 } == (0..<300).map { $0 * 2 })
        #expect(array.filter { ($0 ?? 0) % 100 == 0 } == [0, 100, 200])
        #expect(array.firstIndex(of: 42) == 42)
        var visited: [Int?] = []
        array.forEach { visited.append($0) }
        #expect(visited == Array(0..<300))
        for index in array.indices {
            let key = try #require(array.key(at: index))
            #expect(array.index(of: key) == index)
            #expect(
                array.value(for: key) == index
                    && array.rawValue(at: index) == Array("\(index)".utf8))
        }
        #expect(array.key(at: 300) == nil && array.key(at: -1) == nil)
        #expect(array.value(for: "no such key") == nil && array.rawValue(at: 300) == nil)
    }

    @Test("An element of another shape has its place, and its JSON")
    func otherShape() throws {
        var writer = Writer<Int>()
        writer.write(try writer.array.makePush(1))
        writer.write(Array(#"{"k":"text"}"#.utf8))
        writer.write(try writer.array.makePush(3))
        #expect(Array(writer.array) == [1, nil, 3] && writer.array.values == [1, 3])
        #expect(writer.array.rawValue(at: 1) == Array(#""text""#.utf8))
        #expect(writer.array.dumpText == #"[1,"text",3]"#)
    }

    @Test("null is no element: it is refused when it is written, and removes when it comes")
    func null() throws {
        var writer = Writer<JSONValue>()
        #expect(throws: EncodingError.self) { try writer.array.makePush(.null) }
        writer.write(try writer.array.makePush(.bool(true)))
        let key = try #require(writer.array.key(at: 0))
        #expect(throws: EncodingError.self) { try writer.array.makeSet(.null, for: key) }
        #expect(throws: EncodingError.self) { try Writer<Double>().array.makePush(.infinity) }
        writer.write(Array(#"{"\#(key)" : null }"#.utf8))
        #expect(writer.array.isEmpty && writer.array.tombstoneCount == 1)
    }

    @Test("An insertion between keys stands between them, or as near as it can")
    func between() throws {
        var writer = Writer<String>()
        for value in ["a", "b", "c"] { writer.write(try writer.array.makePush(value)) }
        let keys = writer.array.keys
        writer.write(try writer.array.makeInsert("ab", between: keys[0], and: keys[1]))
        writer.write(try writer.array.makeInsert("first", between: nil, and: keys[0]))
        writer.write(try writer.array.makeInsert("last", between: keys[2], and: nil))
        #expect(writer.array.values == ["first", "a", "ab", "b", "c", "last"])
        // Equal, in the wrong order, or not there.
        writer.write(try writer.array.makeInsert("b1", between: keys[1], and: keys[1]))
        #expect(writer.array.values == ["first", "a", "ab", "b", "b1", "c", "last"])
        writer.write(try writer.array.makeInsert("c1", between: keys[2], and: keys[0]))
        #expect(writer.array.values == ["first", "a", "ab", "b", "b1", "c", "c1", "last"])
        writer.write(try writer.array.makeInsert("end", between: "zzzzzzzz", and: "a"))
        #expect(writer.array.last == "end")
    }

    @Test("Two writers at one place keep both elements")
    func concurrent() throws {
        var first = Writer<String>("A")
        var second = Writer<String>("B")
        let (a, b) = (try first.array.makePush("same"), try second.array.makePush("same"))
        #expect(a != b)
        for update in [update("A", 1, a), update("B", 1, b)] {
            first.array.apply(update)
            second.array.apply(update)
        }
        #expect(first.array.values == ["same", "same"])
        #expect(first.array.dump == second.array.dump)
    }

    @Test("What is spliced in at one place by two writers is not mixed")
    func notMixed() throws {
        for round in 0..<100 {
            var base = ReplicatedArray<String>(source: source("base\(round)"))
            base.apply(
                update("base\(round)", 1, try #require(try base.makePush(contentsOf: ["<", ">"]))))
            var payloads: [Update] = []
            for name in ["A", "B"] {
                var array = ReplicatedArray<String>(source: source("\(name)\(round)"))
                for update in base.history(since: VersionVector()) { array.apply(update) }
                let run = (0..<20).map { "\(name)\($0)" }
                let payload = try array.makeSplice(at: 1, removing: 0, inserting: run)
                payloads.append(update("\(name)\(round)", 2, try #require(payload)))
            }
            for update in payloads { base.apply(update) }
            #expect(base.count == 42)
            let writers = base.values.dropFirst().dropLast().map { $0.first }
            #expect(zip(writers, writers.dropFirst()).count { $0 != $1 } == 1)
        }
    }

    @Test("An update is dropped from history when all of its keys are superseded")
    func superseded() {
        var array = ReplicatedArray<String>(source: source("A"))
        array.apply(update("A", 1, #"{"a":"1","b":"1","c":"1"}"#))
        array.apply(update("A", 2, #"{"a":"2"}"#))
        array.apply(update("B", 3, #"{"b":null}"#))
        func times() -> [Double] {
            array.history(since: VersionVector()).map { $0.timestamp.value }
        }
        #expect(times() == [1, 2, 3])
        array.apply(update("B", 4, #"{"c":"4"}"#))
        #expect(times() == [2, 3, 4])
        array.apply(update("C", 0.5, #"{"a":"late","b":"late"}"#))
        #expect(times() == [2, 3, 4] && array.dumpText == #"["2","4"]"#)
        array.apply(update("C", 5, "{}"))
        #expect(times() == [2, 3, 4])
        array.apply(update("C", 6, #"{"b":"back"}"#))
        #expect(times() == [2, 4, 6] && array.tombstoneCount == 0)
        #expect(array.dumpText == #"["2","back","4"]"#)
    }

    @Test("A key that was removed is not used again")
    func noReuse() throws {
        var array = ReplicatedArray<String>(source: source("A"))
        let payload = try array.makePush("x")
        let key = try #require(ArrayCore.members(of: payload)?.first?.key)
        // Somebody removed exactly the key that would be chosen.
        array.apply(update("B", 1, #"{"\#(key)":null}"#))
        var copy = array
        for time in 2..<50 {
            let payload = try copy.makePush("x")
            let key = try #require(ArrayCore.members(of: payload)?.first?.key)
            #expect(copy.core.tombstones[key] == nil)
            copy.apply(update("A", Double(time), payload))
            copy.apply(update("B", Double(time), #"{"\#(key)":null}"#))
        }
    }

    @Test("A copy goes its own way")
    func copies() throws {
        var writer = Writer<Int>()
        for value in 0..<200 { writer.write(try writer.array.makePush(value)) }
        let copy = writer.array
        while let payload = writer.array.makePop() { writer.write(payload) }
        #expect(writer.array.isEmpty && copy.values == Array(0..<200))
    }
}
