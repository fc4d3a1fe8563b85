// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("A list whose items move", .timeLimit(.minutes(20)))
struct MovableListTests {
    private typealias List = MovableList<String>

    /// A list, and the next timestamp.
    private func list(_ elements: [String]) -> List {
        var list = List()
        list.apply(list.makeAppend(elements), at: stamp("first", 1))
        return list
    }

    private func elements(_ list: List) -> [String] { list.items.map(\.element) }

    /// What somebody does with a copy, as operations with ascending stamps.
    private func changes(
        of list: List, by name: String, _ steps: [(List) -> List.Operation?]
    ) -> [(List.Operation, Stamp)] {
        var copy = list
        var result: [(List.Operation, Stamp)] = []
        for (step, time) in zip(steps, 2...) {
            guard let operation = step(copy) else { continue }
            copy.apply(operation, at: stamp(name, Double(time)))
            result.append((operation, stamp(name, Double(time))))
        }
        return result
    }

    private func after(_ list: List, _ changes: [(List.Operation, Stamp)]) -> List {
        var list = list
        for (operation, stamp) in changes { list.apply(operation, at: stamp) }
        return list
    }

    @Test("Prepared from indices, it behaves as an array", arguments: UInt64(0)..<200)
    func behavesAsArray(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var list = MovableList<Int>()
        var array: [Int] = []
        for time in 1...60 {
            let index = Int.random(in: 0...array.count, using: &random)
            let operation: MovableList<Int>.Operation?
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where index < array.count:
                operation = list.makeRemove(at: index)
                array.remove(at: index)
            case 1 where index < array.count:
                operation = list.makeReplace(at: index, with: time)
                array[index] = time
            case 2 where index < array.count, 3 where index < array.count:
                let target = Int.random(in: 0..<array.count, using: &random)
                operation = list.makeMove(from: index, to: target)
                array.insert(array.remove(at: index), at: target)
            default:
                operation = list.makeInsert([time, -time], at: index)
                array.insert(contentsOf: [time, -time], at: index)
            }
            if let operation { list.apply(operation, at: stamp("a", Double(time))) }
            #expect(list.items.map(\.element) == array)
        }
    }

    @Test("Runs that two peers type at one spot do not interleave", arguments: [false, true])
    func runs(isBackward: Bool) {
        let list = list(["<", ">"])
        func typing(_ letters: [String]) -> [(List) -> List.Operation?] {
            letters.enumerated().map { number, letter in
                { $0.makeInsert([letter], at: isBackward ? 1 : 1 + number) }
            }
        }
        let one = changes(of: list, by: "x", typing(["a", "b", "c"]))
        let other = changes(of: list, by: "y", typing(["1", "2", "3"]))
        let result = elements(after(list, one + other)).joined()
        #expect(result == elements(after(list, other + one)).joined())
        #expect(result == (isBackward ? "<cba321>" : "<abc123>"))
    }

    @Test("Two moves of one item at the same time leave it at one place, that of the later one")
    func twoMoves() {
        let list = list(["a", "b", "c", "d"])
        let one = changes(of: list, by: "x", [{ $0.makeMove(from: 0, to: 3) }])
        let other = changes(of: list, by: "y", [{ $0.makeMove(from: 0, to: 1) }])
        #expect(elements(after(list, one + other)) == ["b", "a", "c", "d"])
        #expect(elements(after(list, other + one)) == ["b", "a", "c", "d"])
    }

    @Test("An item that is removed while it is moved is gone, once and for all")
    func removedAndMoved() {
        let list = list(["a", "b", "c"])
        let id = list.items[0].id
        let one = changes(of: list, by: "x", [{ $0.makeRemove(at: 0) }])
        let other = changes(
            of: list, by: "y",
            [{ $0.makeMove(from: 0, to: 2) }, { $0.makeReplace(at: 2, with: "A") }])
        for order in [one + other, other + one] {
            let result = after(list, order)
            #expect(elements(result) == ["b", "c"])
            #expect(!result.items.contains { $0.id == id })
        }
    }

    @Test("A move that refers to what has not arrived leaves the item where it was until then")
    func earlyMove() {
        let list = list(["a", "b"])
        let inserted = changes(of: list, by: "x", [{ $0.makeAppend(["c"]) }])
        let moved = changes(of: after(list, inserted), by: "y", [{ $0.makeMove(from: 0, to: 2) }])
            .map { ($0.0, stamp("y", 9)) }
        #expect(elements(after(list, moved)) == ["a", "b"])
        #expect(elements(after(list, moved + inserted)) == ["b", "c", "a"])
    }

    @Test("Indices out of bounds are cut, or make nothing")
    func bounds() {
        let list = list(["a"])
        #expect(
            elements(after(list, changes(of: list, by: "x", [{ $0.makeInsert(["b"], at: -9) }])))
                == ["b", "a"])
        #expect(list.makeRemove(at: 1) == nil)
        #expect(list.makeRemove(at: -1) == nil)
        #expect(list.makeMove(from: 1, to: 0) == nil)
        #expect(list.makeReplace(at: .max, with: "x") == nil)
        #expect(list.makeMove(from: 0, to: .max) != nil)
    }

    @Test("A chain of a hundred thousand places needs no stack")
    func deep() {
        var list = MovableList<Int>()
        list.apply(list.makeAppend(Array(0..<100_000)), at: stamp("a", 1))
        #expect(list.items.count == 100_000)
        #expect(list.items.last?.element == 99_999)
    }
}
