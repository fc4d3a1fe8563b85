// SPDX-License-Identifier: MIT

/// A node of an ``OrderedTree``: a leaf contains keys and elements, an inner node contains children
/// and the keys that separate them.
///
/// Invariants: all leaves have the same depth; `keys` ascend; in an inner node `keys[i]` is greater
/// than every key below `children[i]` and at most the smallest below `children[i + 1]`, though it
/// need not exist any more; only the root may have fewer than `minimum`, except at the right edge,
/// where ascending insertion leaves short nodes.
struct OrderedTreeNode<Key: Comparable & Sendable, Held: Sendable>: Sendable {
    typealias Split = (separator: Key, node: OrderedTreeNode)

    /// The most elements of a leaf, and the most children of an inner node.
    ///
    /// Wide nodes make insertion move more and make a search shorter.
    static var maximum: Int { 64 }
    static var minimum: Int { 16 }

    /// The number of elements in this node and below it.
    private(set) var count = 0
    private(set) var keys: [Key] = []
    private(set) var elements: [Held] = []
    private(set) var children: [OrderedTreeNode] = []

    /// Creates an empty leaf.
    init() {}

    /// Creates a node above two others.
    init(_ left: OrderedTreeNode, _ separator: Key, _ right: OrderedTreeNode) {
        count = left.count + right.count
        keys = [separator]
        children = [left, right]
    }

    var isLeaf: Bool { children.isEmpty }

    /// The first index whose key is not smaller.
    func lowerBound(_ key: Key) -> Int {
        // The buffer allows comparing keys in place, without retaining them.
        keys.withUnsafeBufferPointer { keys in
            var (low, high) = (0, keys.count)
            while low < high {
                let middle = (low + high) / 2
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// The index of the child that a key belongs to.
    func child(for key: Key) -> Int {
        keys.withUnsafeBufferPointer { keys in
            var (low, high) = (0, keys.count)
            while low < high {
                let middle = (low + high) / 2
                if key < keys[middle] { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }

    /// The index of the child that contains an index; `rest` becomes the index within that child.
    func child(at rest: inout Int) -> Int {
        children.withUnsafeBufferPointer { children in
            var child = 0
            while rest >= children[child].count {
                rest -= children[child].count
                child += 1
            }
            return child
        }
    }

    /// The number of elements below the children before this one.
    func count(before child: Int) -> Int {
        children.withUnsafeBufferPointer { children in
            var count = 0
            for index in 0..<child { count += children[index].count }
            return count
        }
    }

    /// The key and the element at an index, which is in range.
    func pair(at index: Int) -> (key: Key, element: Held) {
        if isLeaf { return (keys[index], elements[index]) }
        var rest = index
        let child = child(at: &rest)
        return children.withUnsafeBufferPointer { $0[child].pair(at: rest) }
    }

    /// The key at an index, which is in range.
    func key(at index: Int) -> Key {
        if isLeaf { return keys[index] }
        var rest = index
        let child = child(at: &rest)
        return children.withUnsafeBufferPointer { $0[child].key(at: rest) }
    }

    /// The keys on both sides of a position between two elements.
    func keys(around index: Int) -> (before: Key, after: Key) {
        if isLeaf { return (keys[index - 1], keys[index]) }
        var rest = index - 1
        let child = child(at: &rest)
        return children.withUnsafeBufferPointer { children in
            // Both are nearly always below one child.
            guard rest + 1 == children[child].count else {
                return children[child].keys(around: rest + 1)
            }
            return (children[child].key(at: rest), children[child + 1].key(at: 0))
        }
    }

    /// The number of smaller keys, and the element if the key is present.
    func search(_ key: Key) -> (index: Int, element: Held?) {
        if isLeaf {
            let place = lowerBound(key)
            let isHeld = place < keys.count && !(key < keys[place])
            return (place, isHeld ? elements[place] : nil)
        }
        let child = child(for: key)
        let (index, element) = children.withUnsafeBufferPointer { $0[child].search(key) }
        return (count(before: child) + index, element)
    }
}

// Insertion.
extension OrderedTreeNode {
    /// Inserts below this node.
    ///
    /// What no longer fits is returned as a node to its right.
    mutating func insert(
        _ element: Held, for key: Key
    ) -> (index: Int, replaced: Held?, split: Split?) {
        guard isLeaf else { return insertBelow(element, for: key) }
        let place = lowerBound(key)
        if place < keys.count, !(key < keys[place]) {
            let replaced = elements[place]
            elements[place] = element
            return (place, replaced, nil)
        }
        keys.insert(key, at: place)
        elements.insert(element, at: place)
        count += 1
        guard count > Self.maximum else { return (place, nil, nil) }
        // Otherwise ascending keys would leave half-full leaves behind.
        let half = place == count - 1 ? Self.maximum : count / 2
        let right = cut(at: half)
        return (place, nil, (right.keys[0], right))
    }

    private mutating func insertBelow(
        _ element: Held, for key: Key
    ) -> (index: Int, replaced: Held?, split: Split?) {
        let child = child(for: key)
        var (index, replaced, split) = children[child].insert(element, for: key)
        index += count(before: child)
        if replaced == nil { count += 1 }
        guard let split else { return (index, replaced, nil) }
        // `index` may now be in the new node. The counts to the left are unaffected.
        keys.insert(split.separator, at: child)
        children.insert(split.node, at: child + 1)
        guard children.count > Self.maximum else { return (index, replaced, nil) }
        let half = child + 2 == children.count ? Self.maximum - 1 : children.count / 2
        let separator = keys[half - 1]
        let right = cut(at: half)
        return (index, replaced, (separator, right))
    }

    /// Keeps the first elements or children and returns the others.
    private mutating func cut(at place: Int) -> OrderedTreeNode {
        var right = OrderedTreeNode()
        right.keys.reserveCapacity(Self.maximum + 1)
        right.keys.append(contentsOf: keys[place...])
        if isLeaf {
            right.elements.reserveCapacity(Self.maximum + 1)
            right.elements.append(contentsOf: elements[place...])
            right.count = right.elements.count
            keys.removeSubrange(place...)
            elements.removeSubrange(place...)
        } else {
            right.children.append(contentsOf: children[place...])
            right.count = right.children.reduce(0) { $0 + $1.count }
            keys.removeSubrange((place - 1)...)
            children.removeSubrange(place...)
        }
        count -= right.count
        return right
    }
}

// Removal.
extension OrderedTreeNode {
    /// Removes below this node.
    ///
    /// Returns `nil` and changes nothing if the key is missing.
    mutating func remove(_ key: Key) -> (index: Int, element: Held)? {
        guard isLeaf else { return removeBelow(key) }
        let place = lowerBound(key)
        guard place < keys.count, !(key < keys[place]) else { return nil }
        keys.remove(at: place)
        count -= 1
        return (place, elements.remove(at: place))
    }

    private mutating func removeBelow(_ key: Key) -> (index: Int, element: Held)? {
        let child = child(for: key)
        guard var removed = children[child].remove(key) else { return nil }
        removed.index += count(before: child)
        count -= 1
        if children[child].size < Self.minimum { refill(child) }
        return removed
    }

    /// The number of elements of a leaf, or of children of an inner node.
    private var size: Int { isLeaf ? elements.count : children.count }

    /// Merges a child that became small with a neighbour, and splits the result if it is too large
    /// for one node.
    private mutating func refill(_ child: Int) {
        let left = child > 0 ? child - 1 : 0
        guard left + 1 < children.count else { return }
        let right = children.remove(at: left + 1)
        let separator = keys.remove(at: left)
        children[left].append(right, separator)
        guard children[left].size > Self.maximum else { return }
        let half = children[left].size / 2
        let between =
            children[left].isLeaf ? children[left].keys[half] : children[left].keys[half - 1]
        let node = children[left].cut(at: half)
        keys.insert(between, at: left)
        children.insert(node, at: left + 1)
    }

    private mutating func append(_ right: OrderedTreeNode, _ separator: Key) {
        if !isLeaf { keys.append(separator) }
        keys.append(contentsOf: right.keys)
        elements.append(contentsOf: right.elements)
        children.append(contentsOf: right.children)
        count += right.count
    }
}
