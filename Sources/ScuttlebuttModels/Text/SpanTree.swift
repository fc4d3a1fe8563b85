// SPDX-License-Identifier: MIT

/// The spans of a text in document order, with sums over the visible ones: a B+ tree in a few flat
/// arrays, so that copying a text copies a few references.
///
/// Leaves hold up to 32 spans and are linked in order; each inner node holds, for up to 32
/// children, how many visible scalars lie below, and how many of them take two UTF-16 units.
/// Nothing is ever removed: deleted scalars stay as spans without text.
struct SpanTree: Sendable {
    static let capacity = 32

    /// Where a scalar stands: the `offset`-th of a span.
    struct Place: Equatable {
        var leaf: Int
        var slot: Int
        var offset: Int
    }

    private(set) var spans: [Span] = []
    private(set) var leafCounts: [UInt8] = []
    private var leafParents: [Int32] = []
    private(set) var nextLeaves: [Int32] = []
    private(set) var previousLeaves: [Int32] = []

    private var children: [Int32] = []
    private var scalarSums: [Int32] = []
    private var wideSums: [Int32] = []
    private var nodeCounts: [UInt8] = []
    private var nodeParents: [Int32] = []
    private var nodeLevels: [UInt8] = []
    private var root: Int32 = 0

    private(set) var scalarCount = 0
    private(set) var wideCount = 0
    private(set) var spanCount = 0
    private(set) var firstLeaf = 0

    init() {
        _ = addLeaf()
        _ = addNode(level: 0)
        attach(0, to: 0, at: 0, 0, 0)
    }

    /// Makes the tree of spans in document order, in one pass.
    init(_ all: [Span]) {
        self.init()
        guard !all.isEmpty else { return }
        let leaves = (all.count + SpanTree.capacity - 1) / SpanTree.capacity
        self = SpanTree(leafCount: leaves)
        spans.removeAll(keepingCapacity: true)
        spans.append(contentsOf: all)
        for _ in 0..<(leaves * SpanTree.capacity - all.count) { spans.append(.none) }
        spanCount = all.count
        for leaf in 0..<leaves {
            let count = Swift.min(SpanTree.capacity, all.count - leaf * SpanTree.capacity)
            leafCounts[leaf] = UInt8(count)
            var (scalars, wides) = (0, 0)
            for slot in 0..<count {
                let span = all[leaf * SpanTree.capacity + slot]
                scalars += span.visibleLength
                wides += Int(span.wideCount)
            }
            add(scalars, wides, toLeaf: leaf)
        }
    }

    /// Makes a tree of empty leaves, full nodes but for the last of each level.
    private init(leafCount: Int) {
        leafCounts = Array(repeating: 0, count: leafCount)
        leafParents = Array(repeating: -1, count: leafCount)
        nextLeaves = (0..<leafCount).map { Int32($0 + 1 < leafCount ? $0 + 1 : -1) }
        previousLeaves = (0..<leafCount).map { Int32($0 - 1) }
        var below = Array(0..<leafCount)
        var level = 0
        repeat {
            var above: [Int] = []
            for (index, child) in below.enumerated() {
                if index % SpanTree.capacity == 0 { above.append(addNode(level: level)) }
                attach(
                    child, to: above[above.count - 1], at: index % SpanTree.capacity, 0, 0)
            }
            below = above
            level += 1
        } while below.count > 1
        root = Int32(below[0])
    }

    // MARK: Reading

    subscript(leaf: Int, slot: Int) -> Span {
        get { spans[leaf &* SpanTree.capacity &+ slot] }
        set { spans[leaf &* SpanTree.capacity &+ slot] = newValue }
    }

    /// The place of the visible scalar at `position`, which exists.
    func place(at position: Int) -> Place {
        var remaining = Int32(truncatingIfNeeded: position)
        var node = Int(root)
        while true {
            let base = node &* SpanTree.capacity
            var index = 0
            let last = Int(nodeCounts[node]) &- 1
            while index < last, remaining >= scalarSums[base &+ index] {
                remaining &-= scalarSums[base &+ index]
                index &+= 1
            }
            let child = Int(children[base &+ index])
            if nodeLevels[node] > 0 {
                node = child
                continue
            }
            var offset = Int(remaining)
            var slot = 0
            let count = Int(leafCounts[child])
            while slot < count {
                let length = self[child, slot].visibleLength
                if offset < length { break }
                offset &-= length
                slot &+= 1
            }
            return Place(leaf: child, slot: slot, offset: offset)
        }
    }

    /// How many visible scalars, and how many of them wide, stand before the span in this slot.
    func sums(before leaf: Int, _ slot: Int) -> (scalars: Int, wides: Int) {
        var (scalars, wides) = (0, 0)
        for index in 0..<slot {
            scalars &+= self[leaf, index].visibleLength
            wides &+= Int(self[leaf, index].wideCount)
        }
        var child = Int32(truncatingIfNeeded: leaf)
        var node = Int(leafParents[leaf])
        while true {
            let base = node &* SpanTree.capacity
            var index = 0
            while children[base &+ index] != child {
                scalars &+= Int(scalarSums[base &+ index])
                wides &+= Int(wideSums[base &+ index])
                index &+= 1
            }
            if node == Int(root) { return (scalars, wides) }
            child = Int32(truncatingIfNeeded: node)
            node = Int(nodeParents[node])
        }
    }

    /// The place of the scalar that holds the UTF-16 unit at `offset`, or the span in which a
    /// further look is needed; and how many scalars and units stand before that span.
    func span(holdingUnit offset: Int) -> (place: Place, scalars: Int, units: Int) {
        var (scalars, units) = (0, 0)
        var node = Int(root)
        while true {
            let base = node &* SpanTree.capacity
            var index = 0
            let last = Int(nodeCounts[node]) &- 1
            while index < last {
                let below = Int(scalarSums[base &+ index])
                let size = below &+ Int(wideSums[base &+ index])
                guard offset &- units >= size else { break }
                scalars &+= below
                units &+= size
                index &+= 1
            }
            let child = Int(children[base &+ index])
            if nodeLevels[node] > 0 {
                node = child
                continue
            }
            var slot = 0
            while slot < Int(leafCounts[child]) {
                let span = self[child, slot]
                let size = span.visibleLength &+ Int(span.wideCount)
                if offset &- units < size { break }
                scalars &+= span.visibleLength
                units &+= size
                slot &+= 1
            }
            return (Place(leaf: child, slot: slot, offset: 0), scalars, units)
        }
    }

    /// The slot after this one, across leaves; `nil` behind the last span.
    func slot(after leaf: Int, _ slot: Int) -> (leaf: Int, slot: Int)? {
        var (leaf, slot) = (leaf, slot &+ 1)
        while slot >= Int(leafCounts[leaf]) {
            leaf = Int(nextLeaves[leaf])
            guard leaf >= 0 else { return nil }
            slot = 0
        }
        return (leaf, slot)
    }

    /// The slot before this one, across leaves; `nil` before the first span.
    func slot(before leaf: Int, _ slot: Int) -> (leaf: Int, slot: Int)? {
        var (leaf, slot) = (leaf, slot &- 1)
        while slot < 0 {
            leaf = Int(previousLeaves[leaf])
            guard leaf >= 0 else { return nil }
            slot = Int(leafCounts[leaf]) &- 1
        }
        return (leaf, slot)
    }

    /// Where the first span stands; `nil` when there is none.
    var first: (leaf: Int, slot: Int)? { slot(after: firstLeaf, -1) }

    // MARK: Changing

    /// Adds to the sums above a leaf.
    mutating func add(_ scalars: Int, _ wides: Int, toLeaf leaf: Int) {
        scalarCount &+= scalars
        wideCount &+= wides
        let (scalars, wides) = (
            Int32(truncatingIfNeeded: scalars), Int32(truncatingIfNeeded: wides)
        )
        var child = Int32(truncatingIfNeeded: leaf)
        var node = Int(leafParents[leaf])
        while true {
            let place = node &* SpanTree.capacity &+ index(of: child, in: node)
            scalarSums[place] &+= scalars
            if wides != 0 { wideSums[place] &+= wides }
            if node == Int(root) { return }
            child = Int32(truncatingIfNeeded: node)
            node = Int(nodeParents[node])
        }
    }

    /// Puts a span into a slot, moving those from there on, and returns where it then stands.
    ///
    /// - Parameter moved: Called for a leaf whose spans have just come from another.
    mutating func insert(
        _ span: Span, at leaf: Int, _ slot: Int, moved: (Int, inout SpanTree) -> Void
    ) -> (leaf: Int, slot: Int) {
        var (leaf, slot) = (leaf, slot)
        if Int(leafCounts[leaf]) == SpanTree.capacity {
            // At the end of a leaf writing goes on, mostly, so leaves are left full.
            let kept = slot == SpanTree.capacity ? SpanTree.capacity : SpanTree.capacity / 2
            let new = split(leaf, keeping: kept)
            if kept < SpanTree.capacity { moved(new, &self) }
            if slot > kept || kept == SpanTree.capacity { (leaf, slot) = (new, slot - kept) }
        }
        let base = leaf &* SpanTree.capacity
        let count = Int(leafCounts[leaf])
        spans.withUnsafeMutableBufferPointer { spans in
            var index = base &+ count
            while index > base &+ slot {
                spans[index] = spans[index &- 1]
                index &-= 1
            }
            spans[base &+ slot] = span
        }
        leafCounts[leaf] = UInt8(count + 1)
        spanCount += 1
        if span.visibleLength > 0 {
            add(span.visibleLength, Int(span.wideCount), toLeaf: leaf)
        }
        return (leaf, slot)
    }

    /// Takes out a span whose scalars another has absorbed.
    mutating func removeAbsorbed(_ leaf: Int, _ slot: Int) {
        let base = leaf &* SpanTree.capacity
        let count = Int(leafCounts[leaf])
        spans.withUnsafeMutableBufferPointer { spans in
            for index in base &+ slot..<base &+ count &- 1 { spans[index] = spans[index &+ 1] }
        }
        leafCounts[leaf] = UInt8(count - 1)
        spanCount -= 1
    }

    private mutating func split(_ leaf: Int, keeping kept: Int) -> Int {
        let new = addLeaf()
        let moving = SpanTree.capacity - kept
        var (scalars, wides) = (0, 0)
        for index in 0..<moving {
            let span = self[leaf, kept + index]
            self[new, index] = span
            scalars += span.visibleLength
            wides += Int(span.wideCount)
        }
        leafCounts[leaf] = UInt8(kept)
        leafCounts[new] = UInt8(moving)
        let next = nextLeaves[leaf]
        nextLeaves[new] = next
        previousLeaves[new] = Int32(leaf)
        nextLeaves[leaf] = Int32(new)
        if next >= 0 { previousLeaves[Int(next)] = Int32(new) }
        if scalars > 0 { add(-scalars, -wides, toLeaf: leaf) }
        link(new, after: leaf, in: Int(leafParents[leaf]))
        if scalars > 0 { add(scalars, wides, toLeaf: new) }
        return new
    }

    private func index(of child: Int32, in node: Int) -> Int {
        let base = node &* SpanTree.capacity
        var index = 0
        while children[base &+ index] != child { index &+= 1 }
        return index
    }

    /// Puts a child without content behind its sibling.
    private mutating func link(_ child: Int, after sibling: Int, in node: Int) {
        var node = node
        var position = index(of: Int32(sibling), in: node) + 1
        if Int(nodeCounts[node]) == SpanTree.capacity {
            let half = SpanTree.capacity / 2
            let new = splitNode(node)
            if position > half { (node, position) = (new, position - half) }
        }
        let base = node * SpanTree.capacity
        var index = Int(nodeCounts[node])
        while index > position {
            children[base + index] = children[base + index - 1]
            scalarSums[base + index] = scalarSums[base + index - 1]
            wideSums[base + index] = wideSums[base + index - 1]
            index -= 1
        }
        nodeCounts[node] += 1
        attach(child, to: node, at: position, 0, 0)
    }

    /// Moves the second half of a full node to a new one, linked behind it.
    private mutating func splitNode(_ node: Int) -> Int {
        let half = SpanTree.capacity / 2
        if node == Int(root) {
            let above = addNode(level: Int(nodeLevels[node]) + 1)
            attach(
                node, to: above, at: 0, Int32(truncatingIfNeeded: scalarCount),
                Int32(truncatingIfNeeded: wideCount))
            root = Int32(above)
        }
        let new = addNode(level: Int(nodeLevels[node]))
        var (scalars, wides): (Int32, Int32) = (0, 0)
        for index in half..<SpanTree.capacity {
            let place = node * SpanTree.capacity + index
            attach(
                Int(children[place]), to: new, at: index - half, scalarSums[place],
                wideSums[place])
            scalars += scalarSums[place]
            wides += wideSums[place]
        }
        nodeCounts[node] = UInt8(half)
        link(new, after: node, in: Int(nodeParents[node]))
        // What moved is counted below the new node and no longer below the old one.
        let parent = Int(nodeParents[node])
        let old = parent * SpanTree.capacity + index(of: Int32(node), in: parent)
        scalarSums[old] -= scalars
        wideSums[old] -= wides
        let holder = Int(nodeParents[new])
        let place = holder * SpanTree.capacity + index(of: Int32(new), in: holder)
        scalarSums[place] = scalars
        wideSums[place] = wides
        // Linking may have split the parent, whose halves are siblings then: their sums follow.
        if holder != parent { move(scalars, wides, from: parent, to: holder) }
        return new
    }

    /// Moves sums from one node to its neighbour, up to where their ways meet.
    private mutating func move(_ scalars: Int32, _ wides: Int32, from: Int, to: Int) {
        var (from, to) = (from, to)
        while from != to {
            let (above, aside) = (Int(nodeParents[from]), Int(nodeParents[to]))
            let old = above * SpanTree.capacity + index(of: Int32(from), in: above)
            let new = aside * SpanTree.capacity + index(of: Int32(to), in: aside)
            scalarSums[old] -= scalars
            wideSums[old] -= wides
            scalarSums[new] += scalars
            wideSums[new] += wides
            (from, to) = (above, aside)
        }
    }

    private mutating func attach(
        _ child: Int, to node: Int, at index: Int, _ scalars: Int32, _ wides: Int32
    ) {
        let place = node * SpanTree.capacity + index
        children[place] = Int32(child)
        scalarSums[place] = scalars
        wideSums[place] = wides
        if index >= Int(nodeCounts[node]) { nodeCounts[node] = UInt8(index + 1) }
        if nodeLevels[node] > 0 {
            nodeParents[child] = Int32(node)
        } else {
            leafParents[child] = Int32(node)
        }
    }

    private mutating func addLeaf() -> Int {
        // By quarters rather than doubled: this array is most of a text's memory.
        let needed = spans.count + SpanTree.capacity
        if needed > spans.capacity { spans.reserveCapacity(needed + needed / 4) }
        for _ in 0..<SpanTree.capacity { spans.append(.none) }
        leafCounts.append(0)
        leafParents.append(-1)
        nextLeaves.append(-1)
        previousLeaves.append(-1)
        return leafCounts.count - 1
    }

    private mutating func addNode(level: Int) -> Int {
        for _ in 0..<SpanTree.capacity {
            children.append(-1)
            scalarSums.append(0)
            wideSums.append(0)
        }
        nodeCounts.append(0)
        nodeParents.append(-1)
        nodeLevels.append(UInt8(level))
        return nodeCounts.count - 1
    }
}
