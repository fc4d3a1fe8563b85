// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A tree whose nodes several peers can move concurrently without creating a cycle.
///
/// A node has a place and a value, each with a stamp of its own: of two moves of a node the later
/// one wins, of two writes of its value as well, and a move and a write do not affect each other.
/// Moves take effect in the order of their stamps, and a move that would put a node below itself
/// does nothing. Pitfall: whether a move takes effect can change when an earlier one arrives.
///
/// **Removing** a node moves it to the trash with what is below it. A concurrent move of the node
/// brings it back if it is later; a concurrent write does not. What was moved or created below the
/// node without the remover's knowledge is not removed: it appears at the top, among the
/// ``strays``, until somebody moves it.
///
/// In a reducer, actions come in that order anyway, and each costs the depth of the tree. An
/// operation out of order undoes the later moves and repeats them, which is what makes operations
/// commute. The tree grows by about 200 bytes for each operation until compacted, then by its
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
        /// Removed, with everything below that the remover had seen there.
        case trash

        private enum NodeCodingKeys: String, CodingKey { case _0 = "node" }
    }

    /// What is known of a node.
    struct Position: Equatable, Sendable {
        /// `nil` as long as nobody has put the node anywhere.
        var parent: Parent?
        /// The stamp of the move; `nil` if it is before the horizon.
        var moved: Stamp?
        /// What the author of a removal had seen; `nil` for other moves, and if it is not known.
        var seen: ObservedStamps?
        /// `nil` as long as nobody has written it.
        var value: Value?
    }

    struct Step: Equatable, Sendable {
        var stamp: Stamp
        var operation: Operation
        /// What was known of the node before this step.
        var previous: Position?
        /// Whether its move did not create a cycle.
        var isEffective: Bool
    }

    var positions: [Node: Position] = [:]
    /// Ascending by stamp, all at or above the horizon.
    var steps: [Step] = []
    var horizon = CompactionHorizon()

    /// Creates an empty tree.
    public init() {}

    /// Puts the node where the operation says, unless that creates a cycle, and writes its value.
    ///
    /// - Complexity: O(depth) for the newest stamp, otherwise O(depth · later operations).
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !horizon.covers(stamp) else { return .tooLate }
        guard operation.node == operation.node else { return .applied }
        let index = index(of: stamp)
        if index < steps.count, steps[index].stamp == stamp { return .applied }
        for step in steps[index...].reversed() { undo(step) }
        steps.insert(
            Step(stamp: stamp, operation: operation, previous: nil, isEffective: false), at: index)
        for index in index..<steps.count { redo(index) }
        return .applied
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

    /// Forgets how the tree came about before `stamp`, and what was removed by then.
    ///
    /// Strays are at the top from then on.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        let index = horizon.stamp.map { self.index(of: $0) } ?? 0
        for step in steps[index...].reversed() { undo(step) }
        steps.removeFirst(index)
        let strays = Set(strays)
        positions = positions.filter { end(above: $0.key) != .trash }
        for (node, position) in positions {
            positions[node] = Position(
                parent: strays.contains(node) ? .root : position.parent, value: position.value)
        }
        for index in steps.indices { redo(index) }
    }

    /// Where the nodes above a node end: at the top, in the trash, or at one that is unknown.
    ///
    /// - Complexity: O(depth).
    func end(above node: Node) -> Parent {
        var node = node
        // The moves on the way up. The loop ends because the positions never contain a cycle.
        var moves: [Stamp] = []
        while let position = positions[node], let parent = position.parent, position.value != nil {
            switch parent {
            case .root: return .root
            case .trash:
                return moves.contains { !position.hasSeen($0) } ? .root : .trash
            case .node(let above):
                if let moved = position.moved { moves.append(moved) }
                node = above
            }
        }
        return .node(node)
    }

    /// Whether a node was put below a removed one without the remover's knowledge.
    ///
    /// - Complexity: O(depth).
    func isStray(_ node: Node) -> Bool {
        guard case .node(let above) = positions[node]?.parent else { return false }
        return end(above: above) == .trash && end(above: node) == .root
    }

    /// What was known before all steps.
    var base: [Node: Position] {
        var copy = self
        for step in steps.reversed() { copy.undo(step) }
        return copy.positions
    }

    private mutating func undo(_ step: Step) { positions[step.operation.node] = step.previous }

    private mutating func redo(_ index: Int) {
        let (operation, stamp) = (steps[index].operation, steps[index].stamp)
        let previous = positions[operation.node]
        steps[index].previous = previous
        steps[index].isEffective = operation.parent.map { !isBelow($0, operation.node) } ?? false
        var position = previous ?? Position()
        if steps[index].isEffective {
            position.parent = operation.parent
            position.moved = stamp
            position.seen = operation.parent == .trash ? operation.seen : nil
        }
        if let value = operation.value { position.value = value }
        // An operation without effect leaves nothing behind.
        positions[operation.node] = position == Position() ? nil : position
    }

    /// Whether a place is a node itself or somewhere below it.
    func isBelow(_ parent: Parent, _ node: Node) -> Bool {
        var parent: Parent? = parent
        while case .node(let above) = parent {
            if above == node { return true }
            parent = positions[above]?.parent
        }
        return false
    }

    /// The index of the step with this stamp, or the index for it.
    private func index(of stamp: Stamp) -> Int {
        if steps.last.map({ $0.stamp < stamp }) ?? true { return steps.count }
        return steps.partitioningIndex { !($0.stamp < stamp) }
    }
}

extension MovableTree.Position {
    /// Whether the author of this removal had seen a move.
    ///
    /// If the removal does not say what its author had seen, it is what came before it in the
    /// agreed order.
    func hasSeen(_ move: Stamp) -> Bool {
        guard let moved else { return true }
        guard let seen else { return move < moved }
        return seen.seen(before: moved).contains { $0.source == move.source && $0 >= move }
    }
}
