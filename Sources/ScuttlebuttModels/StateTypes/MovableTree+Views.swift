// SPDX-License-Identifier: MIT

extension MovableTree {
    /// One line of a tree that is written down from the top.
    public struct Row: Equatable, Sendable {
        /// The node.
        public let node: Node
        /// How many nodes are above it.
        public let depth: Int
        /// What it holds.
        public let value: Value
    }

    /// Whether the node is somewhere below the top.
    ///
    /// A node below one that was never put anywhere is not, until that one is.
    ///
    /// - Complexity: O(depth).
    public func contains(_ node: Node) -> Bool {
        var node = node
        while let position = positions[node] {
            switch position.parent {
            case .root: return true
            case .trash: return false
            case .node(let above): node = above
            }
        }
        return false
    }

    /// What a node holds, also a removed one until the compaction, or `nil` when it is unknown.
    public func value(of node: Node) -> Value? { positions[node]?.value }

    /// Where a node is, or `nil` when it is unknown.
    public func parent(of node: Node) -> Parent? { positions[node]?.parent }

    /// The nodes right below a place, in ascending order.
    ///
    /// For all nodes at once use ``outline``.
    ///
    /// - Complexity: O(n + k log k) for k children.
    public func children(of parent: Parent) -> [Node] {
        positions.filter { $0.value.parent == parent }.map(\.key).sorted()
    }

    /// All nodes from the top down, children in ascending order behind their parent.
    ///
    /// - Complexity: O(n log n).
    public var outline: [Row] {
        var children: [Parent: [Node]] = [:]
        for (node, position) in positions { children[position.parent, default: []].append(node) }
        var result: [Row] = []
        // A stack instead of recursion: nobody bounds the depth.
        var open: [(node: Node, depth: Int)] = []
        func push(_ parent: Parent, _ depth: Int) {
            for node in (children[parent] ?? []).sorted(by: >) { open.append((node, depth)) }
        }
        push(.root, 0)
        while let next = open.popLast() {
            guard let value = positions[next.node]?.value else { continue }
            result.append(Row(node: next.node, depth: next.depth, value: value))
            push(.node(next.node), next.depth + 1)
        }
        return result
    }

    /// The operation that moves a node with the value it has here, or `nil` when it is unknown or
    /// the move would make a circle here.
    public func makeMove(_ node: Node, to parent: Parent) -> Operation? {
        guard let value = value(of: node), !isBelow(parent, node) else { return nil }
        return Operation(node: node, parent: parent, value: value)
    }

    /// The operation that removes a node and all that is below, or `nil` when it is not there.
    public func makeRemove(_ node: Node) -> Operation? {
        contains(node) ? makeMove(node, to: .trash) : nil
    }

    /// The operation that gives a node another value where it is, or `nil` when it is unknown.
    ///
    /// It counts as a move to the same place: of it and a concurrent move the later one stays.
    public func makeReplace(valueOf node: Node, with value: Value) -> Operation? {
        parent(of: node).map { Operation(node: node, parent: $0, value: value) }
    }
}
