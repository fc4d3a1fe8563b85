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
    /// A node without a value, or below one that was never put anywhere, becomes part of the tree
    /// only when the value or that one arrives.
    ///
    /// - Complexity: O(depth).
    public func contains(_ node: Node) -> Bool { end(above: node) == .root }

    /// The value of a node, or `nil` if it is unknown.
    ///
    /// A removed node keeps its value until compaction.
    public func value(of node: Node) -> Value? { positions[node]?.value }

    /// The parent of a node, or `nil` if it is unknown.
    ///
    /// That of a stray is ``Parent/root``.
    ///
    /// - Complexity: O(depth).
    public func parent(of node: Node) -> Parent? {
        isStray(node) ? .root : positions[node]?.parent
    }

    /// The nodes that were put below a removed one without the remover's knowledge, in ascending
    /// order.
    ///
    /// They are shown at the top, with what is below them. Moving or removing one of them settles
    /// where it belongs.
    ///
    /// - Complexity: O(n · depth).
    public var strays: [Node] { positions.keys.filter { isStray($0) }.sorted() }

    /// The direct children of a parent, in ascending order.
    ///
    /// Use ``outline`` to get all nodes at once.
    ///
    /// - Complexity: O(n + k · depth + k log k) for k children; O(n · depth) for the top.
    public func children(of parent: Parent) -> [Node] {
        positions.filter { node, position in
            switch parent {
            case .root: position.parent == .root || isStray(node)
            case .node: position.parent == parent && !isStray(node)
            case .trash: position.parent == .trash
            }
        }.map(\.key).sorted()
    }

    /// All nodes from the top down, with the children in ascending order after their parent.
    ///
    /// - Complexity: O(n log n), and O(n · depth) if something was removed since the last
    ///   compaction.
    public var outline: [Row] {
        var children: [Parent: [Node]] = [:]
        for (node, position) in positions {
            if let parent = position.parent { children[parent, default: []].append(node) }
        }
        if children[.trash] != nil {
            // The removed node above a stray is not listed, so the stray may remain there.
            children[.root, default: []] += strays
        }
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

    /// Creates the operation that moves a node; `nil` if the node is unknown or the move would
    /// create a cycle here.
    ///
    /// Its value stays what it is, whoever writes it at the same time. That of a removed node goes
    /// along, in case it has been forgotten elsewhere.
    public func makeMove(_ node: Node, to parent: Parent) -> Operation? {
        guard let value = value(of: node), !isBelow(parent, node) else { return nil }
        return Operation(
            node: node, parent: parent, value: contains(node) ? nil : value,
            seen: parent == .trash ? ObservedStamps(steps.map(\.stamp)) : nil)
    }

    /// Creates the operation that removes a node and everything below it; `nil` if it is not in the
    /// tree.
    ///
    /// What others put below it at the same time stays, see ``strays``.
    ///
    /// - Complexity: O(n log n) in the number of operations since the last compaction.
    public func makeRemove(_ node: Node) -> Operation? {
        contains(node) ? makeMove(node, to: .trash) : nil
    }

    /// Creates the operation that replaces the value of a node without moving it; `nil` if it is
    /// unknown.
    public func makeReplace(valueOf node: Node, with value: Value) -> Operation? {
        positions[node]?.parent == nil ? nil : Operation(node: node, value: value)
    }
}
