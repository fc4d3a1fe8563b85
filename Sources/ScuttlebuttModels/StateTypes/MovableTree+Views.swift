// SPDX-License-Identifier: MIT

extension MovableTree {
    /// A row of a tree that is listed from the top down.
    public struct Row: Equatable, Sendable {
        /// The node.
        public let node: Node
        /// The number of nodes above it.
        public let depth: Int
        /// The value of the node.
        public let value: Value
    }

    /// Whether the node is somewhere below the top.
    ///
    /// A node below one that was never put anywhere becomes part of the tree only when that one
    /// does.
    ///
    /// - Complexity: O(depth).
    public func contains(_ node: Node) -> Bool { end(above: node) == .root }

    /// The value of a node, or `nil` if it is unknown.
    ///
    /// A removed node keeps its value until compaction.
    public func value(of node: Node) -> Value? { positions[node]?.value }

    /// The parent of a node, or `nil` if it is unknown.
    public func parent(of node: Node) -> Parent? { positions[node]?.parent }

    /// The direct children of a parent, in ascending order.
    ///
    /// Use ``outline`` to get all nodes at once.
    ///
    /// - Complexity: O(n + k log k) for k children.
    public func children(of parent: Parent) -> [Node] {
        positions.filter { $0.value.parent == parent }.map(\.key).sorted()
    }

    /// All nodes from the top down, with the children in ascending order after their parent.
    ///
    /// - Complexity: O(n log n).
    public var outline: [Row] {
        var children: [Parent: [Node]] = [:]
        for (node, position) in positions { children[position.parent, default: []].append(node) }
        var result: [Row] = []
        // A stack instead of recursion, because the depth is unbounded.
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

    /// Creates the operation that moves a node with its current value; `nil` if the node is unknown
    /// or the move would create a cycle here.
    public func makeMove(_ node: Node, to parent: Parent) -> Operation? {
        guard let value = value(of: node), !isBelow(parent, node) else { return nil }
        return Operation(node: node, parent: parent, value: value)
    }

    /// Creates the operation that removes a node and everything below it; `nil` if it is not in the
    /// tree.
    public func makeRemove(_ node: Node) -> Operation? {
        contains(node) ? makeMove(node, to: .trash) : nil
    }

    /// Creates the operation that replaces the value of a node without moving it; `nil` if it is
    /// unknown.
    ///
    /// It counts as a move to the same place: of it and a concurrent move, the later one wins.
    public func makeReplace(valueOf node: Node, with value: Value) -> Operation? {
        parent(of: node).map { Operation(node: node, parent: $0, value: value) }
    }
}
