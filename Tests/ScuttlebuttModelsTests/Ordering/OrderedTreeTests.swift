// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import ScuttlebuttModels

@Suite("An ordered tree", .timeLimit(.minutes(20)))
struct OrderedTreeTests {
    /// The obvious form: a sorted array.
    private struct Model {
        var pairs: [(key: Int, element: String)] = []
        func lowerBound(_ key: Int) -> Int { pairs.count { $0.key < key } }

        mutating func insert(_ element: String, for key: Int) -> (index: Int, replaced: String?) {
            let index = lowerBound(key)
            if index < pairs.count, pairs[index].key == key {
                defer { pairs[index].element = element }
                return (index, pairs[index].element)
            }
            pairs.insert((key, element), at: index)
            return (index, nil)
        }

        mutating func remove(_ key: Int) -> (index: Int, element: String)? {
            guard let index = pairs.firstIndex(where: { $0.key == key }) else { return nil }
            return (index, pairs.remove(at: index).element)
        }
    }

    /// The depth of the leaves, after checking what the node promises.
    private func depth(
        _ node: OrderedTreeNode<Int, String>, from low: Int, to high: Int, isRoot: Bool
    ) -> Int {
        #expect(zip(node.keys, node.keys.dropFirst()).allSatisfy { $0 < $1 })
        #expect(node.keys.allSatisfy { $0 >= low && $0 < high })
        guard !node.isLeaf else {
            #expect(node.count == node.keys.count && node.count == node.elements.count)
            #expect(node.count <= OrderedTreeNode<Int, String>.maximum)
            return 0
        }
        #expect(node.elements.isEmpty && node.keys.count + 1 == node.children.count)
        #expect(node.children.count <= OrderedTreeNode<Int, String>.maximum)
        #expect(node.children.count > 1 || !isRoot)
        #expect(node.count == node.children.reduce(0) { $0 + $1.count })
        let bounds = [low] + node.keys + [high]
        let depths = Set(
            node.children.indices.map { index in
                depth(
                    node.children[index], from: bounds[index], to: bounds[index + 1], isRoot: false)
            })
        #expect(depths.count == 1)
        return 1 + (depths.first ?? 0)
    }

    private func check(_ tree: OrderedTree<Int, String>, _ model: Model) {
        #expect(depth(tree.root, from: .min, to: .max, isRoot: true) <= 4)
        #expect(tree.count == model.pairs.count)
        #expect(tree.map { $0.key } == model.pairs.map { $0.key })
        #expect(tree.map { $0.element } == model.pairs.map { $0.element })
    }

    @Test("It does what a sorted array does", arguments: UInt64(0)..<200)
    func likeArray(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var tree = OrderedTree<Int, String>()
        var model = Model()
        let span = [20, 300, 100_000].randomElement(using: &random) ?? 20
        // Growing and shrinking phases, so that nodes are split, refilled and joined.
        for phase in 0..<4 {
            let removals = phase % 2 == 0 ? 2 : 8
            for step in 0..<Int.random(in: 0..<400, using: &random) {
                let key =
                    model.pairs.isEmpty || Bool.random(using: &random)
                    ? Int.random(in: 0..<span, using: &random)
                    : model.pairs[Int.random(in: 0..<model.pairs.count, using: &random)].key
                if Int.random(in: 0..<10, using: &random) < removals {
                    let (got, expected) = (tree.remove(key), model.remove(key))
                    #expect(got?.index == expected?.index && got?.element == expected?.element)
                } else {
                    let got = tree.insert("\(step)", for: key)
                    let expected = model.insert("\(step)", for: key)
                    #expect(got.index == expected.index && got.replaced == expected.replaced)
                }
            }
            check(tree, model)
            for _ in 0..<20 {
                let key = Int.random(in: -1...span, using: &random)
                #expect(tree.lowerBound(key) == model.lowerBound(key))
                let expected = model.pairs.firstIndex { $0.key == key }
                #expect(tree.find(key)?.index == expected)
                #expect(tree.find(key)?.element == expected.map { model.pairs[$0].element })
            }
            for index in 0...model.pairs.count {
                let around = tree.keys(around: index)
                #expect(around.before == (index > 0 ? model.pairs[index - 1].key : nil))
                #expect(around.after == model.pairs.dropFirst(index).first?.key)
            }
            for (index, pair) in model.pairs.enumerated() {
                #expect(tree[index] == pair)
            }
        }
    }

    @Test("Ascending, descending and emptied again", arguments: [false, true])
    func ordered(ascending: Bool) {
        var tree = OrderedTree<Int, String>()
        var model = Model()
        let keys = ascending ? Array(0..<6_000) : (0..<6_000).reversed()
        for key in keys {
            let place = tree.insert("\(key)", for: key)
            #expect(place.index == (ascending ? key : 0))
        }
        model.pairs = (0..<6_000).map { ($0, "\($0)") }
        check(tree, model)
        for key in keys.reversed() {
            #expect(tree.remove(key)?.element == "\(key)")
            #expect(tree.remove(key) == nil)
        }
        check(tree, Model())
        #expect(tree.first == nil && tree.last == nil && tree.isEmpty)
    }

    @Test("A copy and a walk keep what they had")
    func copies() {
        var tree = OrderedTree<Int, String>()
        for key in 0..<1_000 { tree.insert("old", for: key) }
        let copy = tree
        var walk = tree.makeIterator()
        for key in 0..<1_000 {
            if key % 2 == 0 { tree.remove(key) } else { tree.insert("new", for: key) }
        }
        #expect(copy.count == 1_000 && copy.allSatisfy { $0.element == "old" })
        #expect(tree.count == 500 && tree.allSatisfy { $0.element == "new" })
        var walked = 0
        while let step = walk.next() {
            #expect(step.key == walked && step.element == "old")
            walked += 1
        }
        #expect(walked == 1_000)
    }
}
