// SPDX-License-Identifier: MIT

/// A sorted collection with positions: looking up the index of a key or the key at an index,
/// insertion and removal each take O(log n).
///
/// It is a B+ tree with value semantics: the leaves contain keys and elements in ascending order,
/// and each inner node knows how many are below it. Copies share all nodes, and a change copies one
/// path. (The elements' type is not called `Element`, because that name has a meaning for
/// sequences.)
struct OrderedTree<Key: Comparable & Sendable, Held: Sendable>: Sendable {
    private(set) var root = OrderedTreeNode<Key, Held>()

    /// Creates an empty tree.
    init() {}

    /// The number of elements.
    var count: Int { root.count }

    /// Whether there are no elements.
    var isEmpty: Bool { root.count == 0 }

    /// Inserts an element at its key's place, replacing an element with an equal key.
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

    /// Removes the element of a key.
    ///
    /// - Complexity: O(log n).
    @discardableResult
    mutating func remove(_ key: Key) -> (index: Int, element: Held)? {
        // Searching first avoids copying shared nodes for a missing key.
        guard find(key) != nil, let removed = root.remove(key) else { return nil }
        if root.children.count == 1 { root = root.children[0] }
        return removed
    }

    /// The element of a key, and its index.
    ///
    /// - Complexity: O(log n).
    func find(_ key: Key) -> (index: Int, element: Held)? {
        let (index, element) = root.search(key)
        return element.map { (index, $0) }
    }

    /// The number of smaller keys, which is the index of the key if it is present.
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

    /// The keys before and after the position at an index from zero to `count`; `nil` at an end.
    ///
    /// - Complexity: O(log n), with one descent instead of two.
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
    /// Iterates in ascending order of keys.
    ///
    /// An iterator keeps the tree as it was when the iteration began.
    struct Iterator: Sequence, IteratorProtocol {
        /// The inner nodes above the leaf, each with the child to visit next.
        private var path: [(node: OrderedTreeNode<Key, Held>, next: Int)] = []
        private var leaf: OrderedTreeNode<Key, Held>
        private var place = 0

        fileprivate init(_ root: OrderedTreeNode<Key, Held>) {
            leaf = root
            descendToFirstLeaf()
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
            descendToFirstLeaf()
            place = 0
            return true
        }

        private mutating func descendToFirstLeaf() {
            while !leaf.isLeaf {
                path.append((leaf, 1))
                leaf = leaf.children[0]
            }
        }
    }

    /// Iterates over all elements.
    func makeIterator() -> Iterator { Iterator(root) }

    /// The exact number of elements.
    var underestimatedCount: Int { count }
}
