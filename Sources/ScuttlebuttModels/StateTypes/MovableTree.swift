// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A tree whose nodes several peers can move concurrently without creating a cycle.
///
/// Moves take effect in the order of their stamps, and a move that would put a node below itself
/// does nothing. Of two moves of one node, the later one wins. Pitfall: whether a move takes effect
/// can change when an earlier one arrives, and a concurrent move may bring back a removed node.
///
/// In a reducer, actions come in that order anyway, and each costs the depth of the tree. An
/// operation out of order undoes the later moves and repeats them, which is what makes operations
/// commute. The tree grows by about 150 bytes for each operation until compacted, then by its
/// nodes.
///
/// - SeeAlso: Kleppmann, Mulligan, Gomes and Beresford, "A Highly-Available Move Operation for
///   Replicated Trees" (2021).
public struct MovableTree<Node: ReplicatedKey, Value: Codable & Equatable & Sendable>:
    CommutingOperations, Mergeable
{
    /// The place of a node.
    public enum Parent: Hashable, Codable, Sendable {
        /// At the top.
        case root
        /// Below another node.
        case node(Node)
        /// Removed, with everything below.
        case trash

        private enum NodeCodingKeys: String, CodingKey { case _0 = "node" }
    }

    /// Puts a node somewhere: creates, moves or removes it, or changes its value.
    public struct Operation: Codable, Equatable, Sendable {
        /// The node.
        public var node: Node
        /// The new parent.
        public var parent: Parent
        /// The new value, for instance the node's name or its rank among its siblings.
        public var value: Value

        /// Creates an operation.
        public init(node: Node, parent: Parent, value: Value) {
            self.node = node
            self.parent = parent
            self.value = value
        }
    }

    struct Position: Equatable, Sendable {
        var parent: Parent
        var value: Value
    }

    struct Step: Equatable, Sendable {
        var stamp: Stamp
        var operation: Operation
        /// The position of the node before this step.
        var previous: Position?
        /// Whether it did not create a cycle.
        var isEffective: Bool
    }

    var positions: [Node: Position] = [:]
    /// Ascending by stamp, all at or above the horizon.
    var steps: [Step] = []
    var horizon = CompactionHorizon()

    /// Creates an empty tree.
    public init() {}

    /// Puts the node where the operation says, unless that creates a cycle.
    ///
    /// - Complexity: O(depth) for the newest stamp, otherwise O(depth · later operations).
    public mutating func apply(_ operation: Operation, at stamp: Stamp) {
        guard !horizon.covers(stamp), operation.node == operation.node else { return }
        let index = index(of: stamp)
        if index < steps.count, steps[index].stamp == stamp { return }
        for step in steps[index...].reversed() { undo(step) }
        steps.insert(
            Step(stamp: stamp, operation: operation, previous: nil, isEffective: false), at: index)
        for index in index..<steps.count { redo(index) }
    }

    /// Joins both trees.
    ///
    /// - Complexity: O((own + other operations) · depth).
    public mutating func merge(_ other: MovableTree) {
        let isBehind = other.horizon.stamp.map { !horizon.covers($0) } ?? false
        var result = isBehind ? other : self
        let rest = (isBehind ? self : other).steps.filter { !result.horizon.covers($0.stamp) }
        guard let first = rest.first else {
            self = result
            return
        }
        // Undone once for all operations, not once for each.
        let index = result.index(of: first.stamp)
        for step in result.steps[index...].reversed() { result.undo(step) }
        let tail = result.steps[index...] + rest
        result.steps.removeSubrange(index...)
        for step in tail.sorted(by: { $0.stamp < $1.stamp })
        where step.stamp != result.steps.last?.stamp {
            result.steps.append(step)
            result.redo(result.steps.count - 1)
        }
        self = result
    }

    /// Forgets how the tree came about before `stamp`, and what was in the trash by then.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        let index = horizon.stamp.map { self.index(of: $0) } ?? 0
        for step in steps[index...].reversed() { undo(step) }
        steps.removeFirst(index)
        positions = positions.filter { end(above: $0.key) != .trash }
        for index in steps.indices { redo(index) }
    }

    /// Where the nodes above a node end: at the top, in the trash, or at one that is unknown.
    func end(above node: Node) -> Parent {
        var node = node
        while let position = positions[node] {
            guard case .node(let above) = position.parent else { return position.parent }
            node = above
        }
        return .node(node)
    }

    /// The positions before all steps.
    var base: [Node: Position] {
        var copy = self
        for step in steps.reversed() { copy.undo(step) }
        return copy.positions
    }

    private mutating func undo(_ step: Step) {
        if step.isEffective { positions[step.operation.node] = step.previous }
    }

    private mutating func redo(_ index: Int) {
        let operation = steps[index].operation
        let isEffective = !isBelow(operation.parent, operation.node)
        steps[index].previous = positions[operation.node]
        steps[index].isEffective = isEffective
        if isEffective {
            positions[operation.node] = Position(parent: operation.parent, value: operation.value)
        }
    }

    /// Whether a place is a node itself or somewhere below it.
    func isBelow(_ parent: Parent, _ node: Node) -> Bool {
        var parent = parent
        // The loop ends because the positions never contain a cycle.
        while case .node(let above) = parent {
            if above == node { return true }
            guard let position = positions[above] else { return false }
            parent = position.parent
        }
        return false
    }

    /// The index of the step with this stamp, or the index for it.
    private func index(of stamp: Stamp) -> Int {
        if steps.last.map({ $0.stamp < stamp }) ?? true { return steps.count }
        return steps.partitioningIndex { !($0.stamp < stamp) }
    }
}
