// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// A Fugue text as the paper draws it: every scalar a node of a tree, read from left to right.
struct NaiveText {
    final class Node {
        let id: TextID
        let scalar: Unicode.Scalar
        var isDeleted = false
        var left: [Node] = []
        var right: [Node] = []

        init(_ id: TextID, _ scalar: Unicode.Scalar) {
            self.id = id
            self.scalar = scalar
        }
    }

    private var roots: [Node] = []
    private var nodes: [TextID: Node] = [:]

    /// Applies an operation whose causes have been applied.
    mutating func apply(_ operation: TextOperation) {
        if let insertion = operation.insertion {
            var parent = insertion.parent
            var side = insertion.side
            for (offset, scalar) in insertion.text.unicodeScalars.enumerated() {
                let id = TextID(source: operation.source, counter: insertion.start + offset)
                if nodes[id] == nil { add(Node(id, scalar), parent, side) }
                (parent, side) = (id, .right)
            }
        }
        for run in operation.deletions {
            for counter in run.counters {
                nodes[TextID(source: run.source, counter: counter)]?.isDeleted = true
            }
        }
    }

    private mutating func add(_ node: Node, _ parent: TextID?, _ side: TextSide) {
        nodes[node.id] = node
        guard let parent else { return NaiveText.insert(node, into: &roots) }
        guard let above = nodes[parent] else { preconditionFailure("a test broke causality") }
        if side == .left {
            NaiveText.insert(node, into: &above.left)
        } else {
            NaiveText.insert(node, into: &above.right)
        }
    }

    private static func insert(_ node: Node, into siblings: inout [Node]) {
        let place = siblings.firstIndex { node.id.isBefore($0.id) } ?? siblings.count
        siblings.insert(node, at: place)
    }

    /// All scalars in order, deleted ones included.
    var walk: [Node] {
        var result: [Node] = []
        func read(_ node: Node) {
            for child in node.left { read(child) }
            result.append(node)
            for child in node.right { read(child) }
        }
        for node in roots { read(node) }
        return result
    }

    var text: String {
        var result = String.UnicodeScalarView()
        for node in walk where !node.isDeleted { result.append(node.scalar) }
        return String(result)
    }

    /// How many visible scalars stand before this one, and whether it is visible.
    func position(of id: TextID) -> (before: Int, isDeleted: Bool)? {
        var before = 0
        for node in walk {
            if node.id == id { return (before, node.isDeleted) }
            if !node.isDeleted { before += 1 }
        }
        return nil
    }

    /// What the paper's insert hangs a new scalar on.
    func anchor(at index: Int) -> (parent: TextID?, side: TextSide) {
        let walk = walk
        var left = -1
        var seen = 0
        while seen < index {
            left += 1
            if !walk[left].isDeleted { seen += 1 }
        }
        let next = left + 1 < walk.count ? walk[left + 1].id : nil
        guard left >= 0 else { return next.map { ($0, .left) } ?? (nil, .right) }
        guard !walk[left].right.isEmpty, let next else { return (walk[left].id, .right) }
        return (next, .left)
    }
}

extension TextID {
    fileprivate func isBefore(_ other: TextID) -> Bool {
        source != other.source ? source < other.source : counter < other.counter
    }
}
