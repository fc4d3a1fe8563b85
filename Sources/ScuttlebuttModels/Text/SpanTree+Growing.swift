// SPDX-License-Identifier: MIT

/// How the tree grows: full leaves and nodes are split in two, and the sums follow what moves.
extension SpanTree {
    mutating func split(_ leaf: Int, keeping kept: Int) -> Int {
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

    func index(of child: Int32, in node: Int) -> Int {
        let base = node &* SpanTree.capacity
        var index = 0
        while children[base &+ index] != child { index &+= 1 }
        return index
    }

    /// Inserts a child without content after its sibling.
    mutating func link(_ child: Int, after sibling: Int, in node: Int) {
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

    /// Moves the second half of a full node to a new one, which is linked after it.
    mutating func splitNode(_ node: Int) -> Int {
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
        // What moved counts below the new node and no longer below the old one.
        let parent = Int(nodeParents[node])
        let old = parent * SpanTree.capacity + index(of: Int32(node), in: parent)
        scalarSums[old] -= scalars
        wideSums[old] -= wides
        let holder = Int(nodeParents[new])
        let place = holder * SpanTree.capacity + index(of: Int32(new), in: holder)
        scalarSums[place] = scalars
        wideSums[place] = wides
        // Linking may have split the parent into two siblings, whose sums follow.
        if holder != parent { move(scalars, wides, from: parent, to: holder) }
        return new
    }

    /// Moves sums from a node to its neighbour, up to their common ancestor.
    mutating func move(_ scalars: Int32, _ wides: Int32, from: Int, to: Int) {
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

    mutating func attach(
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

    mutating func addLeaf() -> Int {
        // Grows by quarters instead of doubling, because this array is most of a text's memory.
        let needed = spans.count + SpanTree.capacity
        if needed > spans.capacity { spans.reserveCapacity(needed + needed / 4) }
        for _ in 0..<SpanTree.capacity { spans.append(.none) }
        leafCounts.append(0)
        leafParents.append(-1)
        nextLeaves.append(-1)
        previousLeaves.append(-1)
        return leafCounts.count - 1
    }

    mutating func addNode(level: Int) -> Int {
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
