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

    var text: String {
        var result = String.UnicodeScalarView()
        func read(_ node: Node) {
            for child in node.left { read(child) }
            if !node.isDeleted { result.append(node.scalar) }
            for child in node.right { read(child) }
        }
        for node in roots { read(node) }
        return String(result)
    }
}

extension TextID {
    fileprivate func isBefore(_ other: TextID) -> Bool {
        source != other.source ? source < other.source : counter < other.counter
    }
}
