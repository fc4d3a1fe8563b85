// SPDX-License-Identifier: MIT

/// A sorted collection with positions: each key has an index, each index a key, and both ways, as
/// well as insertion and removal, cost O(log n).
///
/// A B+ tree with value semantics: the leaves hold keys and elements in ascending order, and each
/// inner node knows how many stand below it. A copy shares all nodes until it is changed, and a
/// change copies one path. (What is held is not called `Element`, which a sequence gives a
/// meaning.)
struct OrderedTree<Key: Comparable & Sendable, Held: Sendable>: Sendable {
    private(set) var root = OrderedTreeNode<Key, Held>()

    /// Makes an empty tree.
    init() {}

    /// How many elements there are.
    var count: Int { root.count }

    /// Whether there is none.
    var isEmpty: Bool { root.count == 0 }

    /// Puts an element at its key's place; one with an equal key is replaced.
    ///
    /// - Complexity: O(log n).
    @discardableResult
    mutating func insert(_ element: Held, for key: Key) -> (index: Int, replaced: Held?) {
        let (index, replaced, split) = root.insert(element, for: key)
        if let split {
            let left = root
            root = OrderedTreeNode(left, split.separator, split.node)
        }
        return (index, replaced)
    }

    /// Takes out the element of a key.
    ///
    /// - Complexity: O(log n).
    @discardableResult
    mutating func remove(_ key: Key) -> (index: Int, element: Held)? {
        // A search first, so that a missing key copies no node that is shared.
        guard find(key) != nil, let removed = root.remove(key) else { return nil }
        if root.children.count == 1 { root = root.children[0] }
        return removed
    }

    /// The element of a key, and where it stands.
    ///
    /// - Complexity: O(log n).
    func find(_ key: Key) -> (index: Int, element: Held)? {
        let (index, element) = root.search(key)
        return element.map { (index, $0) }
    }

    /// How many keys are smaller: where the key stands, or would.
    ///
    /// - Complexity: O(log n).
    func lowerBound(_ key: Key) -> Int { root.search(key).index }

    /// The key and the element at an index from zero to `count - 1`.
    ///
    /// - Complexity: O(log n).
    subscript(index: Int) -> (key: Key, element: Held) {
        precondition(index >= 0 && index < count, "the index is out of range")
        return root.pair(at: index)
    }

    /// The key at an index from zero to `count - 1`.
    ///
    /// - Complexity: O(log n).
    func key(at index: Int) -> Key {
        precondition(index >= 0 && index < count, "the index is out of range")
        return root.key(at: index)
    }

    /// The keys before and behind the place at an index from zero to `count`; `nil` at an end.
    ///
    /// - Complexity: O(log n), one descent where two single look-ups would take two.
    func keys(around index: Int) -> (before: Key?, after: Key?) {
        precondition(index >= 0 && index <= count, "the index is out of range")
        if index == 0 || index == count {
            return (index > 0 ? key(at: index - 1) : nil, index < count ? key(at: index) : nil)
        }
        let (before, after) = root.keys(around: index)
        return (before, after)
    }

    /// The last key and its element.
    var last: (key: Key, element: Held)? { isEmpty ? nil : self[count - 1] }

    /// The first key and its element.
    var first: (key: Key, element: Held)? { isEmpty ? nil : self[0] }
}

extension OrderedTree: Sequence {
    /// Walks in ascending order of keys.
    ///
    /// A walk holds the tree as it was when the walk began.
    struct Iterator: Sequence, IteratorProtocol {
        /// The inner nodes above the leaf, each with the child to visit next.
        private var path: [(node: OrderedTreeNode<Key, Held>, next: Int)] = []
        private var leaf: OrderedTreeNode<Key, Held>
        private var place: Int

        fileprivate init(_ root: OrderedTreeNode<Key, Held>, from index: Int) {
            var rest = Swift.max(index, 0)
            guard rest < root.count else {
                leaf = OrderedTreeNode()
                place = 0
                return
            }
            leaf = root
            while !leaf.isLeaf {
                let child = leaf.child(at: &rest)
                path.append((leaf, child + 1))
                leaf = leaf.children[child]
            }
            place = rest
        }

        mutating func next() -> (key: Key, element: Held)? {
            if place == leaf.keys.count {
                guard descend() else { return nil }
            }
            defer { place += 1 }
            return (leaf.keys[place], leaf.elements[place])
        }

        private mutating func descend() -> Bool {
            while let top = path.last, top.next == top.node.children.count { path.removeLast() }
            guard let top = path.last else { return false }
            path[path.count - 1].next += 1
            leaf = top.node.children[top.next]
            while !leaf.isLeaf {
                path.append((leaf, 1))
                leaf = leaf.children[0]
            }
            place = 0
            return true
        }
    }

    /// Walks over all elements.
    func makeIterator() -> Iterator { Iterator(root, from: 0) }

    /// Walks over the elements from an index on; over none if it is not below `count`.
    ///
    /// - Complexity: O(log n), then O(1) amortised per step.
    func elements(from index: Int) -> Iterator { Iterator(root, from: index) }

    /// As many as there are.
    var underestimatedCount: Int { count }
}
