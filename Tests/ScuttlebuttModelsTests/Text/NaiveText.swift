// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// Fugue as the paper has it: a tree of single scalars that is walked for every question.
struct NaiveText {
    private struct Node {
        let scalar: Unicode.Scalar
        var isVisible = true
        var left: [TextIdentifier] = []
        var right: [TextIdentifier] = []
    }

    /// Stands for a node that a test forgot to deliver first.
    private static let missing = Node(scalar: "?", isVisible: false)

    private var nodes: [TextIdentifier: Node] = [:]
    private var roots: [TextIdentifier] = []

    /// Applies an operation whose dependencies have been applied; again changes nothing.
    mutating func apply(_ operation: TextOperation) {
        for deletion in operation.deletions {
            for counter in deletion.counter..<deletion.counter + deletion.count {
                nodes[TextIdentifier(source: deletion.source, counter: counter)]?.isVisible = false
            }
        }
        guard let insertion = operation.insertion else { return }
        var anchor = insertion.anchor
        for (index, scalar) in insertion.text.unicodeScalars.enumerated() {
            let id = TextIdentifier(source: operation.source, counter: insertion.counter + index)
            if nodes[id] == nil {
                nodes[id] = Node(scalar: scalar)
                switch anchor {
                case .start: Self.insert(id, into: &roots)
                case .after(let parent): Self.insert(id, into: &nodes[parent, default: Self.missing].right)
                case .before(let parent): Self.insert(id, into: &nodes[parent, default: Self.missing].left)
                }
            }
            anchor = .after(id)
        }
    }

    private static func insert(_ id: TextIdentifier, into siblings: inout [TextIdentifier]) {
        siblings.append(id)
        siblings.sort { ($0.source, $0.counter) < ($1.source, $1.counter) }
    }

    /// All scalars in order, deleted ones included.
    var walk: [(id: TextIdentifier, scalar: Unicode.Scalar, isVisible: Bool)] {
        var result: [(id: TextIdentifier, scalar: Unicode.Scalar, isVisible: Bool)] = []
        // What is still to come, the next at the end: a subtree, or a node alone.
        var stack = Array(roots.reversed().map { (id: $0, isAlone: false) })
        while let (id, isAlone) = stack.popLast() {
            guard let node = nodes[id] else { continue }
            if isAlone {
                result.append((id, node.scalar, node.isVisible))
                continue
            }
            stack += node.right.reversed().map { (id: $0, isAlone: false) }
            stack.append((id: id, isAlone: true))
            stack += node.left.reversed().map { (id: $0, isAlone: false) }
        }
        return result
    }

    var scalars: [Unicode.Scalar] { walk.filter(\.isVisible).map(\.scalar) }

    var text: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// What the paper's insert hangs a new scalar on.
    func anchor(at index: Int) -> TextOperation.Anchor {
        let walk = walk
        var left = -1
        var seen = 0
        while seen < index {
            left += 1
            if walk[left].isVisible { seen += 1 }
        }
        let next = left + 1 < walk.count ? walk[left + 1].id : nil
        if left < 0 { return next.map { .before($0) } ?? .start }
        let parent = walk[left].id
        guard let node = nodes[parent], !node.right.isEmpty, let next else { return .after(parent) }
        return .before(next)
    }
}
