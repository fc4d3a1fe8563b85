// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("Hostile operations on replicated values", .timeLimit(.minutes(20)))
struct HostileOperationTests {
    private func read<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try JSONDecoding().decode(type, from: Array(text.utf8))
    }

    @Test(
        "An operation that is not one is refused when it is read",
        arguments: [
            #"{"add":{"amount":1e400}}"#, #"{"add":{"amount":9223372036854775808}}"#,
            #"{"add":{"amount":0.5}}"#, #"{"add":{}}"#, #"{"set":{"amount":1}}"#, #"{}"#,
            #"{"reset":{"observed":[[0,"a"]]}}"#, #"{"reset":{"observed":[[-1,"a"]]}}"#,
            #"{"reset":{"observed":[[1e17,"a"]]}}"#, #"{"reset":{"observed":[[1,"__proto__"]]}}"#,
            #"{"reset":{"observed":[[1]]}}"#, #"{"reset":{"observed":[[1,"a",2]]}}"#,
            #"{"reset":{"observed":[["1","a"]]}}"#, #"{"reset":{"observed":{}}}"#,
        ])
    func refused(text: String) {
        #expect(throws: (any Error).self) { try read(PNCounter.Operation.self, text) }
    }

    @Test("The operations of the wire are what is documented")
    func wireForm() throws {
        func written(_ value: some Encodable) throws -> String {
            String(decoding: try JSONEncoding().encode(value), as: UTF8.self)
        }
        var set = ORSet<PropertyKey>()
        set.apply(.add("milk"), at: stamp("bob", 3))
        #expect(try written(PNCounter.Operation.add(-2)) == #"{"add":{"amount":-2}}"#)
        #expect(
            try written(ORSet<PropertyKey>.Operation.add("milk")) == #"{"add":{"element":"milk"}}"#)
        #expect(
            try written(set.makeRemove("milk"))
                == #"{"remove":{"element":"milk","observed":[[3,"bob"]]}}"#)
        #expect(
            try written(LWWMap<PropertyKey, Int>.Operation.set("a", 1))
                == #"{"set":{"key":"a","value":1}}"#)
        #expect(
            try written(set)
                == #"{"horizon":null,"elements":[{"element":"milk","tags":[[3,"bob",true]]}]}"#)
        #expect(
            try written(MovableList<Int>().makeAppend([1]))
                == #"{"insert":{"elements":[1],"at":{"side":1}}}"#)
    }

    @Test("Counters stop at their bounds, in any order", arguments: UInt64(0)..<10)
    func saturation(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // 2^53 − 1 is the most that one amount adds; these sums are beyond 2^63.
        let amounts = (1...1100).map { time in (time, time % 11 == 0 ? Int64.min : .max) }
        var counter = PNCounter()
        var grown = GCounter()
        for (time, amount) in amounts.shuffled(using: &random) {
            counter.apply(.add(amount), at: stamp("a\(time % 3)", Double(time)))
            grown.apply(.increment(by: amount), at: stamp("a\(time % 3)", Double(time)))
        }
        let most: Int64 = 9_007_199_254_740_991
        #expect(counter.value == most * 900)
        #expect(grown.value == most * 1000)
        for time in 2000..<2300 {
            counter.apply(.add(.max), at: stamp("b", Double(time)))
            grown.apply(.increment(by: .max), at: stamp("b", Double(time)))
        }
        #expect(grown.value == .max)
        #expect(counter.value == .max - most * 100)
        counter.compact(stableBefore: stamp("z", 3000))
        grown.compact(stableBefore: stamp("z", 3000))
        #expect(grown.value == .max)
        #expect(counter.value == .max - most * 100)
    }

    @Test("Two keys that JavaScript tells apart stay apart")
    func keys() throws {
        let texts = [
            #""\u00e9""#, #""e\u0301""#, #""__proto__""#, #""\ud83d""#, #""\ude00""#,
            #""\ufffd""#, #""\ud83d\ude00""#, #""""#,
        ]
        let keys = texts.compactMap { text in
            Array(text.utf8).withUnsafeBufferPointer { PropertyKey(0..<$0.count, in: $0) }
        }
        try #require(keys.count == texts.count)
        var set = ORSet<PropertyKey>()
        var map = LWWMap<PropertyKey, Int>()
        var tree = MovableTree<PropertyKey, Int>()
        for (number, key) in keys.enumerated() {
            let stamp = stamp("a", Double(number + 1))
            set.apply(.add(key), at: stamp)
            map.apply(.set(key, number), at: stamp)
            tree.apply(.init(node: key, parent: .root, value: number), at: stamp)
        }
        #expect(set.elements == keys.sorted())
        #expect(map.entries.map(\.key) == keys.sorted())
        #expect(tree.outline.map(\.node) == keys.sorted())
        for (number, key) in keys.enumerated() { #expect(map[key] == number) }
        let read = try JSONDecoding().decode(
            ORSet<PropertyKey>.self, from: try JSONEncoding().encode(set))
        #expect(read == set)
    }

    @Test("An element that does not equal itself is ignored")
    func notANumber() {
        var set = ORSet<Double>()
        set.apply(.add(.nan), at: stamp("a", 1))
        set.apply(.add(1), at: stamp("a", 2))
        #expect(set.elements == [1])
        var grown = GSet<Double>()
        grown.apply(.insert(.nan), at: stamp("a", 1))
        #expect(grown.elements.isEmpty)
        var tree = MovableTree<Double, Int>()
        tree.apply(.init(node: .nan, parent: .root, value: 1), at: stamp("a", 1))
        tree.apply(.init(node: 1, parent: .node(.nan), value: 1), at: stamp("a", 2))
        #expect(tree.outline.isEmpty)
    }

    @Test("Nobody can take back what has yet to be written")
    func liesAboutTheFuture() {
        let lie = ObservedStamps([stamp("bob", 100)])
        var set = ORSet<PropertyKey>()
        set.apply(.remove("milk", observed: lie), at: stamp("eve", 5))
        set.apply(.add("milk"), at: stamp("bob", 7))
        #expect(set.contains("milk"))
        var counter = PNCounter()
        counter.apply(.reset(observed: lie), at: stamp("eve", 5))
        counter.apply(.add(3), at: stamp("bob", 7))
        #expect(counter.value == 3)
        var list = MovableList<Int>()
        list.apply(.remove([ListItemID(stamp: stamp("bob", 7), index: 0)]), at: stamp("eve", 5))
        list.apply(list.makeAppend([1]), at: stamp("bob", 7))
        #expect(list.items.count == 1)
    }

    @Test("What comes too late for a compaction is reported")
    func tooLate() {
        let horizon = stamp("z", 9)
        func outcome<Subject: OperationBased>(
            _ type: Subject.Type, _ operation: Subject.Operation
        ) -> OperationOutcome {
            var value = Subject()
            #expect(value.apply(operation, at: stamp("a", 1)) == .applied)
            value.compact(stableBefore: horizon)
            #expect(value.apply(operation, at: stamp("b", 10)) == .applied)
            return value.apply(operation, at: stamp("b", 2))
        }
        #expect(outcome(GCounter.self, .increment(by: 1)) == .tooLate)
        #expect(outcome(PNCounter.self, .add(1)) == .tooLate)
        #expect(outcome(EnableWinsFlag.self, .enable) == .tooLate)
        #expect(outcome(DisableWinsFlag.self, .disable) == .tooLate)
        #expect(outcome(MVRegister<Int>.self, .write(1, observed: .init())) == .tooLate)
        #expect(outcome(ORSet<Int>.self, .add(1)) == .tooLate)
        #expect(outcome(RemoveWinsSet<Int>.self, .remove(1)) == .tooLate)
        #expect(outcome(LWWMap<Int, Int>.self, .set(1, 1)) == .tooLate)
        #expect(outcome(ORMap<Int, GCounter>.self, .update(1, .increment(by: 1))) == .tooLate)
        #expect(outcome(MovableList<Int>.self, .remove([])) == .tooLate)
        #expect(outcome(MovableTree<Int, Int>.self, .init(node: 1, parent: .root)) == .tooLate)
        // These need nothing that a compaction drops.
        #expect(outcome(LWWRegister<Int>.self, .write(1)) == .applied)
        #expect(outcome(GSet<Int>.self, .insert(1)) == .applied)
        #expect(outcome(TwoPhaseSet<Int>.self, .insert(1)) == .applied)
    }

    @Test("A tree with a circle is not read")
    func circle() throws {
        let text = #"""
            {"horizon":null,"base":[
            {"node":1,"parent":{"node":{"node":2}},"value":0},
            {"node":2,"parent":{"node":{"node":1}},"value":0}],"steps":[]}
            """#
        #expect(throws: DecodingError.self) { try read(MovableTree<Int, Int>.self, text) }
    }
}
