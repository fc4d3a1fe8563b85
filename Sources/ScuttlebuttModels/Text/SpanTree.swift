// SPDX-License-Identifier: MIT

/// The spans of a text in document order, with sums over the visible ones.
///
/// It is a B+ tree in a few flat arrays, so that copying a text copies a few references.
///
/// Leaves contain up to 32 spans and are linked in order. Each inner node stores for up to 32
/// children how many visible scalars are below, and how many of these take two UTF-16 units.
/// Nothing is ever removed: deleted scalars stay as spans without text.
struct SpanTree: Sendable {
    static let capacity = 32

    /// The place of a scalar: its offset in a span.
    struct Place: Equatable {
        var leaf: Int
        var slot: Int
        var offset: Int
    }

    var spans: [Span] = []
    var leafCounts: [UInt8] = []
    var leafParents: [Int32] = []
    var nextLeaves: [Int32] = []
    var previousLeaves: [Int32] = []

    var children: [Int32] = []
    var scalarSums: [Int32] = []
    var wideSums: [Int32] = []
    var nodeCounts: [UInt8] = []
    var nodeParents: [Int32] = []
    var nodeLevels: [UInt8] = []
    var root: Int32 = 0

    private(set) var scalarCount = 0
    private(set) var wideCount = 0
    private(set) var spanCount = 0
    private(set) var firstLeaf = 0

    init() {
        _ = addLeaf()
        _ = addNode(level: 0)
        attach(0, to: 0, at: 0, 0, 0)
    }

    /// Creates the tree of spans in document order, in one pass.
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

    /// Creates a tree of empty leaves, with full nodes except for the last of each level.
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

    /// The place of an existing visible scalar.
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

    /// How many visible scalars precede the span in this slot, and how many of them are wide.
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

    /// The place of the scalar that contains the UTF-16 unit at `offset`, or the span that has to
    /// be searched further; and how many scalars and units precede that span.
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

    /// The next slot, across leaves; `nil` after the last span.
    func slot(after leaf: Int, _ slot: Int) -> (leaf: Int, slot: Int)? {
        var (leaf, slot) = (leaf, slot &+ 1)
        while slot >= Int(leafCounts[leaf]) {
            leaf = Int(nextLeaves[leaf])
            guard leaf >= 0 else { return nil }
            slot = 0
        }
        return (leaf, slot)
    }

    /// The previous slot, across leaves; `nil` before the first span.
    func slot(before leaf: Int, _ slot: Int) -> (leaf: Int, slot: Int)? {
        var (leaf, slot) = (leaf, slot &- 1)
        while slot < 0 {
            leaf = Int(previousLeaves[leaf])
            guard leaf >= 0 else { return nil }
            slot = Int(leafCounts[leaf]) &- 1
        }
        return (leaf, slot)
    }

    /// The slot of the first span, or `nil` if there is none.
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

    /// Inserts a span into a slot, moving the later ones, and returns where the span ends up.
    ///
    /// - Parameters:
    ///   - span: The span.
    ///   - leaf: The leaf to insert into.
    ///   - slot: The slot in the leaf.
    ///   - moved: Called for a leaf that has just received spans from another one.
    mutating func insert(
        _ span: Span, at leaf: Int, _ slot: Int, moved: (Int, inout SpanTree) -> Void
    ) -> (leaf: Int, slot: Int) {
        var (leaf, slot) = (leaf, slot)
        if Int(leafCounts[leaf]) == SpanTree.capacity {
            // Writing usually continues at the end of a leaf, so such leaves are left full.
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

    /// Removes a span whose scalars another span has absorbed.
    mutating func removeAbsorbed(_ leaf: Int, _ slot: Int) {
        let base = leaf &* SpanTree.capacity
        let count = Int(leafCounts[leaf])
        spans.withUnsafeMutableBufferPointer { spans in
            for index in base &+ slot..<base &+ count &- 1 { spans[index] = spans[index &+ 1] }
        }
        leafCounts[leaf] = UInt8(count - 1)
        spanCount -= 1
    }
}
