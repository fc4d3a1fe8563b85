// SPDX-License-Identifier: MIT

/// Brings the runs of a text into the order of the document, which follows from what each of them
/// is attached to.
enum TextOrder {
    /// A run, and the index of the one that it is attached to; −1 for the root.
    struct Node {
        var span: Span
        var parent: Int32
    }

    /// Returns the runs in the order of the document, with the flags that tell whether something is
    /// attached to them; `nil` if some are attached to each other in a circle.
    ///
    /// - Parameter nodes: Source by source, in the order of the sources' names and of the counters.
    ///   The parents contain what their runs are attached to, those of the same source come before
    ///   them, and nothing is attached to the left of another scalar than a run's first one.
    /// - Complexity: O(n), and O(m log m) for m that are attached at neither end of another.
    static func spans(of nodes: inout [Node]) -> [Span]? {
        let count = nodes.count
        var isWhole = false
        let spans = nodes.withUnsafeMutableBufferPointer { nodes in
            [Span](unsafeUninitializedCapacity: count) { spans, written in
                written = writeChain(nodes, to: spans) ?? writeTree(nodes, to: spans)
                isWhole = written == count
            }
        }
        return isWhole ? spans : nil
    }

    // MARK: A chain

    private struct Link {
        var previous: Int32
        var next: Int32

        /// An end of a chain that has no other member.
        init(end index: Int) { (previous, next) = (Int32(index), Int32(index)) }
    }

    /// Writes the runs of a text in which nothing was inserted at one place concurrently, and
    /// returns their number; `nil` for any other text.
    ///
    /// Each run comes directly before or behind its parent in a chain of those that are there
    /// already. Unlike the walk through a tree this has hardly a branch to mispredict.
    private static func writeChain(
        _ nodes: UnsafeMutableBufferPointer<Node>, to spans: UnsafeMutableBufferPointer<Span>
    ) -> Int? {
        // A run that comes before its parent begins a chain of its own, which is put in its place
        // when all are there. Both ends of a chain are one link.
        let early = nodes.indices.filter { nodes[$0].parent > $0 }
        let root = nodes.count
        let size = root + 1 + early.count
        return withUnsafeTemporaryAllocation(of: Link.self, capacity: size) { links in
            for index in root..<size { links.initializeElement(at: index, to: Link(end: index)) }
            var hasFirst = false
            var end = root
            for index in nodes.indices {
                let parent = Int(nodes[index].parent)
                var after = root
                if parent >= 0 {
                    guard attach(index, to: parent, nodes) else { return nil }
                    if parent < index {
                        let previous = Int(links[parent].previous)
                        after = nodes[index].span.isRight ? parent : previous
                    } else {
                        end += 1
                        after = end
                    }
                } else {
                    guard !hasFirst else { return nil }
                    hasFirst = true
                }
                var link = Link(end: after)
                link.next = links[after].next
                links.initializeElement(at: index, to: link)
                links[after].next = Int32(truncatingIfNeeded: index)
                links[Int(link.next)].previous = Int32(truncatingIfNeeded: index)
            }
            for (offset, index) in early.enumerated() {
                insert(links[root + 1 + offset], at: nodes[index], links)
            }
            var written = 0
            var index = Int(links[root].next)
            while index != root, written < nodes.count {
                spans.initializeElement(at: written, to: nodes[index].span)
                written &+= 1
                index = Int(links[index].next)
            }
            return written
        }
    }

    /// Marks a run's parent; returns whether nothing else is attached there.
    private static func attach(
        _ index: Int, to parent: Int, _ nodes: UnsafeMutableBufferPointer<Node>
    ) -> Bool {
        let child = nodes[index].span
        let isAtEnd = !child.isRight || child.parentCounter &+ 1 == nodes[parent].span.end
        return isAtEnd && nodes[parent].span.attach(toRight: child.isRight)
    }

    /// Puts the chain between two ends where its first run belongs.
    private static func insert(
        _ ends: Link, at first: Node, _ links: UnsafeMutableBufferPointer<Link>
    ) {
        let parent = Int(first.parent)
        let after = first.span.isRight ? parent : Int(links[parent].previous)
        let next = links[after].next
        links[after].next = ends.next
        links[Int(ends.next)].previous = Int32(truncatingIfNeeded: after)
        links[Int(ends.previous)].next = next
        links[Int(next)].previous = ends.previous
    }

    // MARK: A tree

    /// What is attached to a run; −1 is nothing.
    private struct Branches {
        /// The first of the runs that are attached to the left, and of those to the right.
        var left: Int32 = -1
        var right: Int32 = -1
        /// The next run on the same side of the same parent.
        var next: Int32 = -1
    }

    /// Writes the runs of any text, and returns their number.
    private static func writeTree(
        _ nodes: UnsafeMutableBufferPointer<Node>, to spans: UnsafeMutableBufferPointer<Span>
    ) -> Int {
        withUnsafeTemporaryAllocation(of: Branches.self, capacity: nodes.count) { branches in
            branches.initialize(repeating: Branches())
            let root = link(nodes, branches)
            return write(UnsafeBufferPointer(nodes), branches, from: root, to: spans)
        }
    }

    /// Lists what is attached to each run, ordered by identity; returns the first at the root.
    private static func link(
        _ nodes: UnsafeMutableBufferPointer<Node>,
        _ branches: UnsafeMutableBufferPointer<Branches>
    ) -> Int {
        var root: Int32 = -1
        var within: [Int] = []
        for index in nodes.indices.reversed() {
            let parent = Int(nodes[index].parent)
            if parent < 0 {
                branches[index].next = root
                root = Int32(index)
            } else if !nodes[index].span.isRight {
                nodes[parent].span.hasLeftChild = true
                branches[index].next = branches[parent].left
                branches[parent].left = Int32(index)
            } else if nodes[index].span.parentCounter &+ 1 == nodes[parent].span.end {
                nodes[parent].span.hasRightChild = true
                branches[index].next = branches[parent].right
                branches[parent].right = Int32(index)
            } else {
                within.append(index)
            }
        }
        if !within.isEmpty { link(within, UnsafeBufferPointer(nodes), branches) }
        return Int(root)
    }

    /// Adds what is attached to the right of a scalar that is not the last of its run: behind what
    /// is at the end, and the farther inside, the later.
    private static func link(
        _ within: [Int], _ nodes: UnsafeBufferPointer<Node>,
        _ branches: UnsafeMutableBufferPointer<Branches>
    ) {
        let sorted = within.sorted {
            let (one, other) = (nodes[$0], nodes[$1])
            if one.parent != other.parent { return one.parent < other.parent }
            if one.span.parentCounter != other.span.parentCounter {
                return one.span.parentCounter > other.span.parentCounter
            }
            return $0 < $1
        }
        var parent = -1
        var last = -1
        for index in sorted {
            if Int(nodes[index].parent) != parent {
                parent = Int(nodes[index].parent)
                last = Int(branches[parent].right)
                while last >= 0, branches[last].next >= 0 { last = Int(branches[last].next) }
            }
            if last < 0 {
                branches[parent].right = Int32(index)
            } else {
                branches[last].next = Int32(index)
            }
            last = index
        }
    }

    /// Returns how many runs it came to: each that hangs together with the root, once.
    private static func write(
        _ nodes: UnsafeBufferPointer<Node>, _ branches: UnsafeMutableBufferPointer<Branches>,
        from root: Int, to spans: UnsafeMutableBufferPointer<Span>
    ) -> Int {
        var written = 0
        var current = root
        while current >= 0 {
            // What is attached to the left comes first, then the run, then what is to its right.
            while branches[current].left >= 0 { current = Int(branches[current].left) }
            var isComplete = true
            while isComplete {
                spans.initializeElement(at: written, to: nodes[current].span)
                written &+= 1
                if branches[current].right >= 0 {
                    current = Int(branches[current].right)
                    break
                }
                // Up to the next sibling, or to a run whose left is now complete.
                isComplete = false
                while !isComplete, branches[current].next < 0 {
                    isComplete = nodes[current].parent >= 0 && !nodes[current].span.isRight
                    current = Int(nodes[current].parent)
                    if current < 0 { return written }
                }
                if !isComplete { current = Int(branches[current].next) }
            }
        }
        return written
    }
}
